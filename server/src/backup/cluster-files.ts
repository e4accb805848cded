import { createReadStream } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { StartError } from '../platform/errors.ts';
import { hasCode } from '../platform/files.ts';
import type { TarEntry } from './tar.ts';

/**
 * Directories whose content a server makes anew at its start (PostgreSQL manual, "Backing Up The Data Directory"). WAL
 * is added at the end of a backup, and the server's log stays where it is.
 */
const emptyDirectories = new Set([
  'log',
  'pg_dynshmem',
  'pg_notify',
  'pg_replslot',
  'pg_serial',
  'pg_snapshots',
  'pg_stat_tmp',
  'pg_subtrans',
  'pg_wal',
]);

/** Files of the running server, and those that the backup writes itself. */
const omittedFiles = new Set([
  'backup_label',
  'current_logfiles',
  'postmaster.opts',
  'postmaster.pid',
  'tablespace_map',
]);

const isOmitted = (name: string) => /^(pgsql_tmp|pg_internal\.init|\.s\.PGSQL\.)/.test(name);

/**
 * The files of a data directory, without those that a restored server must not have. Files that the server removes
 * meanwhile are left out; replayed WAL does without them.
 * @throws StartError for a tablespace: its files are elsewhere
 */
export async function* listClusterFiles(root: string, folder = ''): AsyncGenerator<TarEntry> {
  for (const name of (await readdir(join(root, folder))).sort()) {
    const path = folder === '' ? name : `${folder}/${name}`;
    if (isOmitted(name) || (folder === '' && omittedFiles.has(name))) continue;
    const found = await ifExists(lstat(join(root, path)));
    if (found === undefined) continue;
    if (found.isDirectory()) {
      yield { path, type: 'directory', sizeBytes: 0 };
      if (!(folder === '' && emptyDirectories.has(name))) yield* listClusterFiles(root, path);
    } else if (found.isFile()) yield { path, type: 'file', sizeBytes: found.size };
    else if (folder === 'pg_tblspc')
      throw new StartError('backup: the database has a tablespace, whose files are not in DATA_DIR');
  }
}

/** The size of all files together. */
export async function clusterSize(root: string): Promise<number> {
  let sizeBytes = 0;
  for await (const entry of listClusterFiles(root)) sizeBytes += entry.sizeBytes;
  return sizeBytes;
}

/**
 * The first `sizeBytes` of a file that may change meanwhile: what it lacks is filled with zeros. Replayed WAL brings
 * the pages to one state.
 */
export async function* readExactly(path: string, sizeBytes: number): AsyncGenerator<Buffer> {
  let missing = sizeBytes;
  if (missing > 0) {
    try {
      const chunks: AsyncIterable<Buffer> = createReadStream(path, {
        end: sizeBytes - 1,
        highWaterMark: 2 ** 18,
      });
      for await (const chunk of chunks) {
        missing -= chunk.length;
        yield chunk;
      }
    } catch (error) {
      if (!hasCode(error, 'ENOENT')) throw error;
    }
  }
  for (; missing > 0; missing -= 2 ** 18) yield Buffer.alloc(Math.min(missing, 2 ** 18));
}

/** The settled value; undefined if the file does not exist. */
async function ifExists<T>(value: Promise<T>): Promise<T | undefined> {
  try {
    return await value;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}
