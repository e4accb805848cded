import { type FoundData, ImportError, type ImportFormat, type ReadOptions } from '../model.ts';
import { createFinder } from './found.ts';
import { projectOf, readProject } from './todoist-csv.ts';
import { isZip, readZip } from './zip.ts';

const isCsv = (name: string) => /\.csv$/i.test(name);

/** A backup: a CSV file for each project. */
function read(file: Buffer, options: ReadOptions): FoundData {
  if (!isZip(file)) throw new ImportError('The file is no zip archive, as backups of Todoist are');
  const entries = readZip(file, isCsv);
  if (entries.length === 0)
    throw new ImportError('The zip archive has no CSV file, as backups of Todoist have');
  const finder = createFinder();
  for (const { name, data } of entries) {
    const place = `${projectOf(name) ?? 'Inbox'}: `;
    try {
      readProject(data, { ...options, fileName: name }, finder, place);
    } catch (error) {
      if (!(error instanceof ImportError)) throw error;
      finder.skipped(`${place}the file`, error.message);
    }
  }
  return finder.finish();
}

export const todoistZip: ImportFormat = {
  name: 'todoist-zip',
  label: 'Todoist (backup)',
  recognises: isZip,
  read,
};
