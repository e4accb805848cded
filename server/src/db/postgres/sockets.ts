import { chownSync, lstatSync, mkdirSync, mkdtempSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { StartError } from '../../platform/errors.ts';
import { hasCode } from '../../platform/files.ts';
import { canTraverse, type UnixAccount } from '../../platform/unix-account.ts';
import type { Cluster } from './cluster.ts';
import { readPidFile } from './postmaster.ts';
import { socketPort } from './server-settings.ts';

/** Maximum length of a Unix socket's path: the size of `sun_path` minus its closing NUL. */
const maxPathBytes = process.platform === 'linux' ? 107 : 103;

const prefix = 'duly-';

const fitsSocketPath = (directory: string) =>
  Buffer.byteLength(join(directory, `.s.PGSQL.${socketPort}.lock`)) <= maxPathBytes;

/**
 * The directory of the server's socket: the cluster's own, or a private temporary one if that path is too long.
 * @throws StartError if the path of the temporary directory is too long as well
 */
export function chooseSocketDirectory(cluster: Cluster): string {
  if (fitsSocketPath(cluster.directory)) return cluster.directory;
  // Uses the temporary directory of a previous run again, if that run could not remove it.
  const previous = readPidFile(cluster.directory)?.socketDirectory ?? '';
  if (isTemporary(previous) && isPrivate(previous, cluster.account)) return previous;
  const parent = [tmpdir(), '/tmp'].find(
    (candidate) =>
      fitsSocketPath(join(candidate, `${prefix}xxxxxx`)) && canTraverse(cluster.account, candidate),
  );
  if (parent === undefined) {
    throw new StartError(
      `DATA_DIR ${cluster.dataDir} is too long a path for a Unix socket (${maxPathBytes} bytes), and so is the directory for temporary files ${tmpdir()}: a shorter DATA_DIR or TMPDIR is wanted`,
    );
  }
  const directory = mkdtempSync(join(parent, prefix));
  if (cluster.account !== undefined) chownSync(directory, cluster.account.uid, cluster.account.gid);
  return directory;
}

/**
 * Creates a temporary socket directory again if a cleaner removed it.
 * @throws StartError if a directory that is not private is in its place
 */
export function ensureSocketDirectory(cluster: Cluster, directory: string): void {
  if (directory === cluster.directory) return;
  try {
    mkdirSync(directory, { mode: 0o700 });
    if (cluster.account !== undefined) chownSync(directory, cluster.account.uid, cluster.account.gid);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
    if (!isPrivate(directory, cluster.account)) {
      throw new StartError(`The socket directory ${directory} is not private to the database server`);
    }
  }
}

/** Removes a temporary socket directory after its server has ended, unless it holds other files. */
export function removeSocketDirectory(cluster: Cluster, directory: string): void {
  if (directory === cluster.directory || !isTemporary(directory)) return;
  try {
    for (const suffix of ['', '.lock'])
      rmSync(join(directory, `.s.PGSQL.${socketPort}${suffix}`), { force: true });
    rmdirSync(directory);
  } catch (error) {
    if (!hasCode(error, 'ENOENT', 'ENOTEMPTY', 'EEXIST')) throw error;
  }
}

const isTemporary = (directory: string) =>
  basename(directory).startsWith(prefix) && fitsSocketPath(directory);

function isPrivate(directory: string, account: UnixAccount | undefined): boolean {
  const entry = lstatSync(directory, { throwIfNoEntry: false });
  if (entry === undefined) return false;
  const owner = account?.uid ?? process.getuid?.();
  return entry.isDirectory() && entry.uid === owner && (entry.mode & 0o077) === 0;
}
