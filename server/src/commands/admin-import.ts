import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { systemOrigin } from '../audit/origin.ts';
import { openTaskDatabase } from '../import/database.ts';
import { countOutcomes, type ImportReport, importFound, linesOf } from '../import/import.ts';
import { ImportError } from '../import/model.ts';
import { findSource, type ImportSource, importFrom, importSources } from '../import/sources.ts';
import { StartError } from '../platform/errors.ts';
import { hasCode } from '../platform/files.ts';
import { type AdminSubcommand, userIdArgument } from './admin-users.ts';
import { parseOptions } from './options.ts';
import { printFields, printLine, printRow, toWord } from './print.ts';

const [kindWidth, placeWidth, titleWidth] = [8, 14, 40];

const takeDryRun = (options: readonly string[]) => ({
  isDryRun: options.includes('--dry-run'),
  rest: options.filter((option) => option !== '--dry-run'),
});

/** @throws StartError when the file cannot be read */
async function readInput(path = ''): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    if (!hasCode(error, 'ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES', 'EPERM')) throw error;
    throw new StartError(`admin import: ${JSON.stringify(path)} cannot be read (${String(error)})`);
  }
}

/** @throws StartError for an unknown name, or a file of no program that is known */
function sourceOf(name: string | undefined, file: Buffer, path: string): ImportSource {
  const source = findSource(name, file, basename(path));
  if (source !== undefined) return source;
  const names = importSources.map((each) => each.name).join(', ');
  throw new StartError(
    name === undefined
      ? `admin import: ${JSON.stringify(path)} looks like a file of no program that is known; --format says which: ${names}`
      : `admin import: got ${JSON.stringify(name)}, wants ${names}`,
  );
}

function printReport(report: ImportReport, isDryRun: boolean): void {
  for (const { kind, place, title = '', reason = '' } of linesOf(report, isDryRun))
    printRow([kindWidth, placeWidth, titleWidth], [kind, place, title, reason]);
  const { projects, sections } = report;
  printFields({ ...countOutcomes(report), projects, sections, stored: !isDryRun });
}

export const importSubcommands = {
  async import(context, [user, path = '', ...options]) {
    const { isDryRun, rest } = takeDryRun(options);
    const { format } = parseOptions('admin import', ['format'], rest);
    const file = await readInput(path);
    const source = sourceOf(format, file, path);
    const userId = await userIdArgument(context, user);
    const target = {
      ...{ userId, context: systemOrigin, isDryRun },
      onProgress: (done: number, total: number) => process.stderr.write(`${done} of ${total} tasks\n`),
    };
    const work = () => importFrom(context.db, target, source, file, basename(path));
    printReport(await refuseImportError('import', work), isDryRun);
  },
  async 'import-database'(context, [url = '', ...options]) {
    const { isDryRun, rest } = takeDryRun(options);
    const { user } = parseOptions('admin import-database', ['user'], rest);
    const source = await refuseImportError('import-database', () => openTaskDatabase(url));
    try {
      for (const userId of user === undefined ? await source.userIds() : [user]) {
        printLine(`user ${toWord(userId)}`);
        const target = { userId, context: systemOrigin, isDryRun };
        printReport(await importFound(context.db, target, 'fastapi', await source.read(userId)), isDryRun);
      }
    } finally {
      source.close();
    }
  },
} satisfies Record<string, AdminSubcommand>;

/** @throws StartError instead of an ImportError */
async function refuseImportError<T>(word: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof ImportError ? new StartError(`admin ${word}: ${error.message}`) : error;
  }
}
