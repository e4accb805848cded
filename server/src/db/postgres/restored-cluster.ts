import {
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { replaceSecret, timeStamp } from '../../platform/data-dir.ts';
import { StartError } from '../../platform/errors.ts';
import { createFileOnce, hasCode, processExists, syncDirectory, writeSynced } from '../../platform/files.ts';
import { isPostmaster, readPidFile } from './postmaster.ts';

/** A complete restored or upgraded cluster. Whoever opens DATA_DIR next puts it in the place of the old one. */
export const restoredPath = (dataDir: string) => join(dataDir, 'postgres.restored');

/** The `secret` of the backup, within the restored cluster until it is in its place. */
const restoredSecretName = 'duly-secret';

const lockPath = (dataDir: string) => join(dataDir, 'restore.lock');
const shutdownMs = 10_000;

/** What `finishRestore` did: where the files that were in place before are now. */
export interface FinishedRestore {
  /** Null if there was no cluster before. */
  oldCluster: string | null;
  /** Null if the secret is the same, or the backup has none. */
  oldSecret: string | null;
  /** Whether DATA_DIR has the secret of the backup now. */
  hasSecret: boolean;
}

/**
 * Keeps other processes from opening DATA_DIR until `release`, or the end of this process.
 * @throws StartError if another restore runs
 */
export function lockForRestore(dataDir: string): { release(): void } {
  requireNoRestore(dataDir);
  rmSync(lockPath(dataDir), { force: true });
  createFileOnce(lockPath(dataDir), `${process.pid}\n`);
  requireNoRestore(dataDir);
  return { release: () => rmSync(lockPath(dataDir), { force: true }) };
}

/** @throws StartError while another process restores this DATA_DIR */
function requireNoRestore(dataDir: string): void {
  let pid: number;
  try {
    pid = Number(readFileSync(lockPath(dataDir), 'utf8'));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return;
    throw error;
  }
  if (pid !== process.pid && processExists(pid))
    throw new StartError(
      `DATA_DIR ${dataDir} is being restored or upgraded by the process ${pid}: wait until it ends`,
    );
  // A killed restore left this lock.
  if (pid !== process.pid) rmSync(lockPath(dataDir), { force: true });
}

/**
 * To be called before DATA_DIR is opened: completes a restore that was killed, or removes what it left running.
 * @throws StartError while a restore runs, and once after one was completed with another secret than the settings have
 */
export async function settleRestore(dataDir: string): Promise<void> {
  // What is no directory is refused when it is opened.
  if (!statSync(dataDir, { throwIfNoEntry: false })?.isDirectory()) return;
  requireNoRestore(dataDir);
  await stopAbandonedServers(dataDir);
  const finished = finishRestore(dataDir);
  if (finished === null || finished.oldSecret === null) return;
  throw new StartError(
    `DATA_DIR ${dataDir}: an interrupted restore was completed, and secret is that of the backup now: start again`,
  );
}

/**
 * Puts a restored cluster in the place of the old one, which keeps its files under another name. May be interrupted
 * anywhere: the next call goes on.
 * @returns null if there is none
 */
export function finishRestore(dataDir: string, now = new Date()): FinishedRestore | null {
  const [path, restored] = [join(dataDir, 'postgres'), restoredPath(dataDir)];
  if (!existsSync(restored)) {
    // The link of a restore that was killed before its files were there.
    rmSync(restored, { force: true });
    return null;
  }
  const { oldSecret, hasSecret } = installSecret(dataDir, realpathSync(restored), now);
  const oldCluster = isThere(path) ? `${path}.${suffixOf(path, restored)}-${timeStamp(now)}` : null;
  if (oldCluster !== null) renameSync(path, oldCluster);
  renameSync(restored, path);
  syncDirectory(dataDir);
  return { oldCluster, oldSecret, hasSecret };
}

/** Data directories that restores and upgrades have replaced. */
export const findOldClusters = (dataDir: string): string[] =>
  readdirSync(dataDir)
    .filter((name) => /^postgres\.before-(restore|upgrade)-/.test(name))
    .map((name) => join(dataDir, name));

/** A restored cluster has the major version of the one in its place, an upgraded one has a newer version. */
function suffixOf(path: string, restored: string): string {
  const versionOf = (cluster: string) => Number(readFileSync(join(cluster, 'PG_VERSION'), 'utf8'));
  return existsSync(join(path, 'PG_VERSION')) && versionOf(path) < versionOf(restored)
    ? 'before-upgrade'
    : 'before-restore';
}

const isThere = (path: string) => lstatSync(path, { throwIfNoEntry: false }) !== undefined;

function installSecret(dataDir: string, cluster: string, now: Date) {
  const source = join(cluster, restoredSecretName);
  if (!isThere(source)) return { oldSecret: null, hasSecret: false };
  const oldSecret = replaceSecret(dataDir, readFileSync(source, 'utf8'), 'before-restore', now);
  unlinkSync(source);
  return { oldSecret, hasSecret: true };
}

/** Stores the backup's secret in a cluster that is being restored. */
export const storeRestoredSecret = (cluster: string, secret: string) =>
  writeSynced(join(cluster, restoredSecretName), secret, 0o600);

/**
 * Ends servers of killed restores and verifications, whose directories can be removed then. Those directories end in
 * `.new-` and the pid of the killed process.
 */
export async function stopAbandonedServers(dataDir: string): Promise<void> {
  const path = join(dataDir, 'postgres');
  const parents = new Set([dataDir, ...(existsSync(path) ? [dirname(realpathSync(path))] : [])]);
  for (const parent of parents) {
    if (!existsSync(parent)) continue;
    for (const name of readdirSync(parent)) {
      const owner = Number(/\.new-(\d+)$/.exec(name)?.[1] ?? 0);
      const directory = join(parent, name, 'data');
      if (owner === 0 || processExists(owner) || !existsSync(directory)) continue;
      await stopAt(directory);
    }
  }
}

async function stopAt(directory: string): Promise<void> {
  const pid = readPidFile(directory)?.pid;
  if (pid === undefined || !isPostmaster(pid, directory)) return;
  process.kill(pid, 'SIGQUIT');
  const deadline = performance.now() + shutdownMs;
  while (isPostmaster(pid, directory) && performance.now() < deadline) await sleep(20);
}
