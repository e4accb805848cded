import { once } from 'node:events';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { viewUser } from '../admin/service.ts';
import { systemOrigin } from '../audit/origin.ts';
import { findOldClusters } from '../db/postgres/restored-cluster.ts';
import { beginErasure, finishErasure } from '../erasure/erase.ts';
import { findErasureState } from '../erasure/queries.ts';
import { rewriteTables, scrubCluster } from '../erasure/scrub.ts';
import { type ExportFormat, exportFormats, writeExport } from '../export/export.ts';
import type { Sink } from '../export/sink.ts';
import { StartError } from '../platform/errors.ts';
import { hasCode } from '../platform/files.ts';
import { type AdminSubcommand, userIdArgument } from './admin-users.ts';
import { parseOptions } from './options.ts';
import { printLine } from './print.ts';

function exportFormat(input = 'json'): ExportFormat {
  const format = exportFormats.find((one) => one === input);
  if (format !== undefined) return format;
  throw new StartError(`admin export: got ${JSON.stringify(input)}, wants ${exportFormats.join(', ')}`);
}

/** A file that did not exist, which only its owner may read; it stays if all of it was written. */
async function writeNewFile(path: string, write: (sink: Sink) => Promise<void>): Promise<void> {
  const file = await openNew(path);
  try {
    await write((text) => file.writeFile(text).catch(refuseOutput));
    await file.sync();
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}

async function openNew(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx', 0o600);
  } catch (error) {
    if (!hasCode(error, 'EEXIST', 'EACCES', 'EPERM', 'EROFS', 'ENOENT', 'ENOTDIR', 'EISDIR')) throw error;
    throw new StartError(`admin export: ${path} cannot be made (${String(error)})`);
  }
}

async function print(text: string): Promise<void> {
  try {
    if (!process.stdout.write(text)) await once(process.stdout, 'drain');
  } catch (error) {
    refuseOutput(error);
  }
}

/** Without this, a closed pipe would pass for a lost connection to the database. */
function refuseOutput(error: unknown): never {
  const what = hasCode(error, 'EPIPE')
    ? 'the reader has gone'
    : `the output cannot be written (${String(error)})`;
  throw new StartError(`admin export: ${what}`);
}

export const dataSubcommands = {
  async export(context, [input, ...options]) {
    const { format, output } = parseOptions('admin export', ['format', 'output'], options);
    const chosen = exportFormat(format);
    const userId = await userIdArgument(context, input);
    await viewUser(context.db, userId, systemOrigin, 'admin.user.export');
    const write = (sink: Sink) => writeExport(context.db, userId, chosen, sink);
    await (output === undefined ? write(print) : writeNewFile(output, write));
  },
  async delete(context, [input = '']) {
    const { config, db } = context;
    // A killed process may have left it: the account is gone, and the content is not.
    const isBegun = (await findErasureState(db, input)) === 'running';
    const userId = isBegun ? input : await userIdArgument(context, input);
    if (!isBegun) await beginErasure(db, userId, systemOrigin, 'admin.user.erase');
    printLine('nobody gets in any more as this user');
    await finishErasure(db, userId, config.erasure);
    printLine('everything is erased but what docs/operations/gdpr.md names');
  },
  async scrub({ config, database: { embedded, withoutTimeLimit } }) {
    await withoutTimeLimit((db) => rewriteTables(db, (name) => printLine(`rewriting ${name}`)));
    if (embedded === null) {
      printLine('done; WAL, statistics and backups of an external database are up to its operator');
      return;
    }
    const { keptWal } = await scrubCluster(embedded.admin);
    printLine('done: no file of the database has what was deleted');
    if (keptWal > 0)
      printLine(`but for ${keptWal} WAL segments, which wait for the archive, a backup or a replica`);
    for (const path of findOldClusters(config.dataDir))
      printLine(`${path} is the data of before a restore: remove it when it is not needed any more`);
  },
} satisfies Record<string, AdminSubcommand>;
