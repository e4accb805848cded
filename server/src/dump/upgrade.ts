import { existsSync } from 'node:fs';
import type { Client } from 'pg';
import type { Logger } from 'pino';
import {
  createScratchCluster,
  publishScratchCluster,
  removeScratchCluster,
  type ScratchCluster,
} from '../backup/scratch-cluster.ts';
import { findOldBinaries } from '../db/postgres/binaries.ts';
import { type Cluster, locateCluster } from '../db/postgres/cluster.ts';
import { createDatabaseFiles } from '../db/postgres/initdb.ts';
import { rolePassword, superuserPassword } from '../db/postgres/password.ts';
import { shutDown } from '../db/postgres/postmaster.ts';
import { appRole, provision, tryLock } from '../db/postgres/provision.ts';
import { finishRestore, lockForRestore, settleRestore } from '../db/postgres/restored-cluster.ts';
import { adminConnection, ensureRunning } from '../db/postgres/running-server.ts';
import { chooseSocketDirectory, removeSocketDirectory } from '../db/postgres/sockets.ts';
import { archiveSettings } from '../db/postgres/wal-archive.ts';
import { openSingleConnection, type SingleConnection } from '../db/single-connection.ts';
import { StartError } from '../platform/errors.ts';
import { removeAbandoned } from '../platform/files.ts';
import { writeDump } from './create.ts';
import { type LoadReport, loadDump } from './load.ts';

export interface UpgradeRequest {
  dataDir: string;
  /** A directory with the programs of the version that the data is of. */
  binaries: string;
}

export interface UpgradeReport extends LoadReport {
  /** The major versions. */
  from: string;
  to: string;
  oldCluster: string;
}

/**
 * Copies the embedded database into one of this Duly's major version, which takes its place when all of it is verified.
 * The old one keeps its files under another name. Killed before that, DATA_DIR is as it was, and afterwards the next
 * start completes it.
 * @returns null if the database is of that version already
 * @throws StartError while a server runs, and if `binaries` has no programs of the old version
 */
export async function upgradeCluster(request: UpgradeRequest, log: Logger): Promise<UpgradeReport | null> {
  const { dataDir } = request;
  if (!existsSync(dataDir)) throw noDatabaseError(dataDir);
  await settleRestore(dataDir);
  const lock = lockForRestore(dataDir);
  try {
    removeAbandoned(dataDir, '');
    const located = locateCluster(dataDir);
    if (located === undefined) throw noDatabaseError(dataDir);
    const { major, directory, account } = located;
    const scratch = createScratchCluster(dataDir, 'upgrade');
    try {
      const ours = scratch.cluster.binaries.major;
      if (major === ours) return null;
      if (Number(major) > Number(ours))
        throw new StartError(`upgrade: the database is of PostgreSQL ${major}, and this Duly brings ${ours}`);
      const password = superuserPassword(dataDir, false);
      const old: Cluster = {
        dataDir,
        directory,
        account,
        binaries: findOldBinaries(request.binaries, major, account),
        password,
        created: false,
        settings: archiveSettings(null),
      };
      const report = await copyCluster(old, scratch, password, log);
      publishScratchCluster(scratch, dataDir);
      const finished = finishRestore(dataDir);
      if (finished?.oldCluster === null || finished === null) throw new Error('the upgraded cluster is gone');
      return { ...report, from: major, to: ours, oldCluster: finished.oldCluster };
    } finally {
      removeScratchCluster(scratch);
    }
  } finally {
    lock.release();
  }
}

const noDatabaseError = (dataDir: string) => new StartError(`DATA_DIR ${dataDir} holds no database`);

/** Runs both servers, and copies all rows. Both have ended on return. */
async function copyCluster(
  old: Cluster,
  scratch: ScratchCluster,
  password: string,
  log: Logger,
): Promise<LoadReport> {
  const source = await startServer(old, log, requireUnused);
  try {
    const from = await openSingleConnection({ ...source.admin, database: appRole }, 'duly upgrade');
    try {
      return await fillCluster(from, scratch, password, log);
    } finally {
      await from.close();
    }
  } finally {
    await source.stop();
  }
}

async function fillCluster(
  from: SingleConnection,
  { cluster, workDirectory }: ScratchCluster,
  password: string,
  log: Logger,
): Promise<LoadReport> {
  const { binaries, account } = cluster;
  const fault = await createDatabaseFiles(binaries, account, workDirectory, password);
  if (fault !== null) throw new StartError(`upgrade: initdb could not create the new database (${fault})`);
  const role = { user: appRole, password: rolePassword(password, appRole), database: appRole };
  const server = await startServer({ ...cluster, password, settings: archiveSettings(null) }, log, (client) =>
    provision(client, role.password),
  );
  try {
    const to = await openSingleConnection({ ...server.admin, ...role }, 'duly upgrade');
    try {
      const content = writeDump(from, null);
      return await loadDump(to, { content, name: 'the old database', purpose: 'upgrade' });
    } finally {
      await to.close();
    }
  } finally {
    await server.stop();
  }
}

/** Starts a server, or adopts one that a killed process left. It is shut down again if `prepare` throws. */
async function startServer(cluster: Cluster, log: Logger, prepare: (client: Client) => Promise<void>) {
  const socketDirectory = chooseSocketDirectory(cluster);
  const running = await ensureRunning(cluster, socketDirectory, log, new AbortController().signal);
  const stop = async () => {
    await shutDown(cluster, running.pid, log);
    removeSocketDirectory(cluster, running.socketDirectory);
    await running.client.end();
  };
  try {
    await prepare(running.client);
  } catch (error) {
    if (error instanceof InUseError) await running.client.end();
    else await stop();
    throw error;
  }
  return { admin: adminConnection(cluster, running.socketDirectory), stop };
}

class InUseError extends StartError {}

async function requireUnused(client: Client): Promise<void> {
  if (await tryLock(client)) return;
  throw new InUseError('upgrade: a running Duly uses the database: stop it, then upgrade');
}
