import { randomBytes } from 'node:crypto';
import { lstatSync, mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { StartError } from '../../platform/errors.ts';
import { hasCode, removeAbandoned, syncDirectory } from '../../platform/files.ts';
import { canTraverse, type UnixAccount } from '../../platform/unix-account.ts';

/** Where the cluster goes when Duly runs as root and the server's account cannot pass through DATA_DIR. */
const rootClusters = '/var/lib/duly';

/** A path there that is not taken. @throws StartError when the account cannot pass through there either. */
export function outsideTarget(dataDir: string, account: UnixAccount | undefined): string {
  mkdirSync(rootClusters, { recursive: true, mode: 0o755 });
  if (!canTraverse(account, rootClusters)) {
    throw new StartError(
      `DATA_DIR ${dataDir} and ${rootClusters} are both out of reach for uid ${account?.uid}, under which root has to run PostgreSQL: let that user pass through one of them`,
    );
  }
  removeAbandoned(rootClusters, '');
  return join(rootClusters, randomBytes(8).toString('hex'));
}

/** The link that is to stand in a cluster's place; made before the move, so that a crash in between loses nothing. */
const pendingLink = (path: string) => `${path}.moved`;

/**
 * Moves a cluster that stands in DATA_DIR, such as a restored copy, to where the account can reach it.
 * @returns false when that is on another file system.
 */
export function moveOutside(dataDir: string, path: string, account: UnixAccount | undefined): boolean {
  const target = outsideTarget(dataDir, account);
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
  finishMove(path);
  return true;
}

/** Ends a move that a crash cut short. */
export function finishMove(path: string): void {
  const link = pendingLink(path);
  if (lstatSync(link, { throwIfNoEntry: false }) === undefined) return;
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) renameSync(link, path);
  else rmSync(link);
  syncDirectory(dirname(path));
}
