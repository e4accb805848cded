import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Client } from 'pg';
import type { Logger } from 'pino';
import { findBinaries } from '../db/postgres/binaries.ts';
import type { Cluster } from '../db/postgres/cluster.ts';
import { shutDown } from '../db/postgres/postmaster.ts';
import { chooseRelocationTarget } from '../db/postgres/relocated-cluster.ts';
import { restoredPath } from '../db/postgres/restored-cluster.ts';
import { ensureRunning } from '../db/postgres/running-server.ts';
import { chooseSocketDirectory, removeSocketDirectory } from '../db/postgres/sockets.ts';
import { StartError } from '../platform/errors.ts';
import { chownTree, removeAbandoned, syncDirectory } from '../platform/files.ts';
import { canTraverse, unprivilegedAccount } from '../platform/unix-account.ts';

/** A restore takes as long as it takes. */
const recoveryDeadlineMs = 7 * 24 * 3_600_000;

/** A data directory beside that of DATA_DIR, for a restored cluster. */
export interface ScratchCluster {
  cluster: Cluster;
  /** Holds `data` and the files of the recovery. Its name ends in `.new-` and the pid: a killed process' is removed. */
  workDirectory: string;
  /** Where the data directory belongs if it is kept: in DATA_DIR, or where the server's account can reach it. */
  target: string;
}

/** @param purpose part of its name */
export function createScratchCluster(dataDir: string, purpose: string): ScratchCluster {
  const account = unprivilegedAccount();
  const binaries = findBinaries(account);
  const isReachable = canTraverse(account, dataDir);
  const target = isReachable ? join(dataDir, 'postgres') : chooseRelocationTarget(dataDir, account);
  const workDirectory = `${target}.${purpose}.new-${process.pid}`;
  // Killed processes left these directories; their servers have been stopped.
  if (isReachable) removeAbandoned(dataDir, '');
  rmSync(workDirectory, { recursive: true, force: true });
  mkdirSync(workDirectory, { mode: 0o700 });
  const directory = join(workDirectory, 'data');
  const cluster: Cluster = {
    dataDir: workDirectory,
    directory,
    account,
    binaries,
    password: '',
    created: false,
    settings: {},
    recoveryDeadlineMs,
  };
  return { cluster, workDirectory, target };
}

export const removeScratchCluster = ({ workDirectory }: ScratchCluster) =>
  rmSync(workDirectory, { recursive: true, force: true });

/**
 * Makes the data directory the restored cluster of DATA_DIR. The rename is what makes the restore complete: a link
 * without its target stands for nothing.
 */
export function publishScratchCluster({ cluster, target }: ScratchCluster, dataDir: string): void {
  const restored = restoredPath(dataDir);
  if (dirname(target) === dataDir) renameSync(cluster.directory, restored);
  else {
    symlinkSync(target, restored);
    syncDirectory(dataDir);
    renameSync(cluster.directory, target);
    syncDirectory(dirname(target));
  }
  syncDirectory(dataDir);
}

export interface RecoveredServer {
  connect(user: string, database: string): Promise<Client>;
  /** The host of its socket. */
  socketDirectory: string;
  /** Shuts it down cleanly. */
  stop(): Promise<void>;
}

/**
 * Recovers the extracted data directory to its target, and promotes it. Every local account that reaches the private
 * socket may connect: the passwords of the backup are not known.
 * @param recovery settings that name the source of the WAL and the target
 * @throws StartError if the recovery does not reach its target
 */
export async function recover(
  scratch: ScratchCluster,
  recovery: Readonly<Record<string, string>>,
  log: Logger,
): Promise<RecoveredServer> {
  const { cluster, workDirectory } = scratch;
  const hbaFile = join(workDirectory, 'pg_hba.conf');
  rmSync(hbaFile, { force: true });
  writeFileSync(hbaFile, 'local all all trust\n', { mode: 0o600 });
  writeFileSync(join(cluster.directory, 'recovery.signal'), '');
  if (cluster.account !== undefined) chownTree(workDirectory, cluster.account.uid, cluster.account.gid);
  const settings = {
    hba_file: hbaFile,
    hot_standby: 'off',
    recovery_target_action: 'promote',
    // Elsewhere each file is synced.
    ...(process.platform === 'linux' ? { recovery_init_sync_method: 'syncfs' } : {}),
    ...recovery,
  };
  const configured = { ...cluster, settings };
  const socketDirectory = chooseSocketDirectory(configured);
  const running = await ensureRunning(configured, socketDirectory, log, new AbortController().signal);
  await running.client.end();
  return {
    socketDirectory,
    async connect(user, database) {
      const client = new Client({ host: socketDirectory, user, database, ssl: false, port: 5432 });
      client.on('error', () => undefined);
      await client.connect();
      return client;
    },
    async stop() {
      await shutDown(configured, running.pid, log);
      removeSocketDirectory(configured, socketDirectory);
    },
  };
}

/** PostgreSQL's words for an archive that has no commit after the target. */
export const isTargetNotReached = (error: unknown): boolean =>
  error instanceof StartError && /recovery ended before configured recovery target/.test(error.message);
