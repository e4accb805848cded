import { randomBytes } from 'node:crypto';
import { lstatSync, mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { StartError } from '../../platform/errors.ts';
import { hasCode, removeAbandoned, syncDirectory } from '../../platform/files.ts';
import { canTraverse, type UnixAccount } from '../../platform/unix-account.ts';

/** Where the cluster is kept if Duly runs as root and the server's account cannot traverse DATA_DIR. */
const relocationDirectory = '/var/lib/duly';

/** A path of a new cluster. @throws StartError if the account cannot traverse this directory either */
export function chooseRelocationTarget(dataDir: string, account: UnixAccount | undefined): string {
  mkdirSync(relocationDirectory, { recursive: true, mode: 0o755 });
  if (!canTraverse(account, relocationDirectory)) {
    throw new StartError(
      `DATA_DIR ${dataDir} and ${relocationDirectory} are both out of reach for uid ${account?.uid}, under which root has to run PostgreSQL: let that user pass through one of them`,
    );
  }
  removeAbandoned(relocationDirectory, '');
  return join(relocationDirectory, randomBytes(8).toString('hex'));
}

/** The link that replaces the cluster. It is made before the move, so that a crash in between loses nothing. */
const pendingLink = (path: string) => `${path}.moved`;

/**
 * Moves a cluster from DATA_DIR, such as a restored copy, to a directory that the account can traverse.
 * @returns false if that is on another file system
 */
export function relocateCluster(dataDir: string, path: string, account: UnixAccount | undefined): boolean {
  const target = chooseRelocationTarget(dataDir, account);
  symlinkSync(target, pendingLink(path));
  syncDirectory(dataDir);
  try {
    renameSync(path, target);
  } catch (error) {
    rmSync(pendingLink(path));
    if (hasCode(error, 'EXDEV')) return false;
    throw error;
  }
  syncDirectory(dirname(target));
  finishRelocation(path);
  return true;
}

/** Completes a move that a crash interrupted. */
export function finishRelocation(path: string): void {
  const link = pendingLink(path);
  if (lstatSync(link, { throwIfNoEntry: false }) === undefined) return;
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) renameSync(link, path);
  else rmSync(link);
  syncDirectory(dirname(path));
}
