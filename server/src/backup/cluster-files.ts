import { closeSync, lstatSync, openSync, readdirSync, readSync } from 'node:fs';
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
 * meanwhile are left out; replayed WAL does without them. A cluster has thousands of small files: on a busy machine, to
 * wait for each step of each one takes fifty times as long as to do it at once, in the process of the backup.
 * @throws StartError for a tablespace: its files are elsewhere
 */
export function* listClusterFiles(root: string, folder = ''): Generator<TarEntry> {
  for (const name of readdirSync(join(root, folder)).sort()) {
    const path = folder === '' ? name : `${folder}/${name}`;
    if (isOmitted(name) || (folder === '' && omittedFiles.has(name))) continue;
    const found = lstatSync(join(root, path), { throwIfNoEntry: false });
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
export function clusterSize(root: string): number {
  let sizeBytes = 0;
  for (const entry of listClusterFiles(root)) sizeBytes += entry.sizeBytes;
  return sizeBytes;
}

/**
 * The first `sizeBytes` of a file that may change meanwhile: what it lacks is filled with zeros. Replayed WAL brings
 * the pages to one state.
 */
export function* readExactly(path: string, sizeBytes: number): Generator<Buffer> {
  let missing = sizeBytes;
  const file = missing > 0 ? openIfExists(path) : null;
  try {
    while (file !== null && missing > 0) {
      const chunk = Buffer.allocUnsafe(Math.min(missing, chunkBytes));
      const readBytes = readSync(file, chunk);
      if (readBytes === 0) break;
      missing -= readBytes;
      yield chunk.subarray(0, readBytes);
    }
  } finally {
    if (file !== null) closeSync(file);
  }
  for (; missing > 0; missing -= chunkBytes) yield Buffer.alloc(Math.min(missing, chunkBytes));
}

const chunkBytes = 2 ** 20;

function openIfExists(path: string): number | null {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  }
}
