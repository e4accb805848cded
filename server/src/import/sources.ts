import type { Db } from '../db/schema.ts';
import { looksLikeDocument } from './document.ts';
import { findFormat, importFormats } from './formats/formats.ts';
import { type ImportReport, type ImportTarget, importDocument, importFile } from './import.ts';
import type { ImportFormat } from './model.ts';

/** An export document of this service. */
const document = { name: 'duly-json', label: 'an export of this service (JSON)' };

/** Where a file may be from. */
export type ImportSource = ImportFormat | typeof document;

export const importSources: readonly ImportSource[] = [document, ...importFormats];

/**
 * The source of that name, or what the file looks like; undefined for neither.
 * @param fileName without its directory; may be empty
 */
export function findSource(
  name: string | undefined,
  file: Buffer,
  fileName: string,
): ImportSource | undefined {
  if (name !== undefined) return importSources.find((source) => source.name === name);
  return looksLikeDocument(file) ? document : findFormat(file, fileName);
}

/** @throws ImportError when the file cannot be read */
export const importFrom = (
  db: Db,
  target: ImportTarget,
  source: ImportSource,
  file: Buffer,
  fileName: string,
): Promise<ImportReport> =>
  'read' in source ? importFile(db, target, source, file, fileName) : importDocument(db, target, file);
