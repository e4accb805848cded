import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import type { Logger } from 'pino';
import { StartError } from '../../platform/errors.ts';
import { hasCode } from '../../platform/files.ts';
import type { Cluster } from './cluster.ts';
import {
  isPostmaster,
  killOrphans,
  lastErrorLine,
  launchPostmaster,
  readPidFile,
  removeStaleLocks,
} from './postmaster.ts';
import { ownMemorySettings, socketPort } from './server-settings.ts';
import { ensureSocketDirectory } from './sockets.ts';

/** How to connect to a database. `host` may be the directory of a Unix socket. */
export interface ConnectionSettings {
  host: string;
  port: number;
  user: string;
  password: string;
  database: string;
}

/** A server that accepts connections, and the superuser's connection to it. */
export interface RunningServer {
  client: Client;
  pid: number;
  /** Resolves when the connection is lost, for any reason. */
  connectionLost: Promise<unknown>;
  /** Whether the server was already running. */
  adopted: boolean;
  socketDirectory: string;
}

/** A recovering server logs each attempt to connect, so the interval grows. */
const pollMs = { first: 20, longest: 250 };
const waitingNoticeMs = 2_000;
const startDeadlineMs = 30_000;
/** A recovering server gets longer: after a crash it replays up to `max_wal_size` of WAL. */
const recoveryDeadlineMs = 600_000;

export const adminConnection = (cluster: Cluster, socketDirectory: string): ConnectionSettings => ({
  host: socketDirectory,
  port: socketPort,
  user: 'postgres',
  password: cluster.password,
  database: 'postgres',
});

/**
 * Adopts the cluster's server if one runs, otherwise starts it. Waits while the server starts up or shuts down.
 * @throws StartError if the server does not start within 30 s (10 min in recovery)
 */
export async function ensureRunning(
  cluster: Cluster,
  socketDirectory: string,
  log: Logger,
  signal: AbortSignal,
): Promise<RunningServer> {
  const startedAt = performance.now();
  const notice = setTimeout(() => log.info('waiting for the embedded PostgreSQL'), waitingNoticeMs);
  let child: ServerChild | undefined;
  try {
    for (let waitMs = pollMs.first; ; waitMs = Math.min(waitMs * 1.2, pollMs.longest)) {
      signal.throwIfAborted();
      const probed = await probeServer(cluster, child);
      if ('client' in probed) return probed;

      const failure = child?.failure();
      if (failure !== undefined) {
        if (!isTransient(failure)) throw cannotStartError(cluster, failure);
        removeObstacle(cluster, socketDirectory, failure);
        probed.reason = failure;
        child = undefined;
      }
      const recoveryMs = cluster.recoveryDeadlineMs ?? recoveryDeadlineMs;
      const deadlineMs = probed.isRecovering ? recoveryMs : startDeadlineMs;
      if (performance.now() - startedAt > deadlineMs) throw cannotStartError(cluster, probed.reason);

      if (child === undefined && !probed.isAlive) {
        ensureSocketDirectory(cluster, socketDirectory);
        log.info(ownMemorySettings(), 'settings of the embedded PostgreSQL, by the memory of this machine');
        child = watchChild(cluster, launchPostmaster(cluster, socketDirectory));
      }
      await sleep(waitMs);
    }
  } catch (error) {
    await child?.end();
    throw error;
  } finally {
    clearTimeout(notice);
  }
}

/** Why there is no connection yet. */
interface NotReady {
  reason: string;
  isRecovering: boolean;
  /** Whether a postmaster of this cluster exists. */
  isAlive: boolean;
}

/** Connects to the server of postmaster.pid. Not while our own child is started but has not written the file yet. */
async function probeServer(
  cluster: Cluster,
  child: ServerChild | undefined,
): Promise<RunningServer | NotReady> {
  const file = readPidFile(cluster.directory);
  if (file === undefined || (child !== undefined && child.pid !== file.pid)) {
    return { reason: 'it does not answer', isRecovering: false, isAlive: false };
  }
  const { pid, socketDirectory } = file;
  const connected = await tryConnect(cluster, socketDirectory);
  const isAlive = isPostmaster(pid, cluster.directory);
  if (!('client' in connected)) return { ...connected, isAlive };
  const { client } = connected;
  if (!isAlive) {
    await client.end();
    throw new StartError(
      `DATA_DIR ${cluster.dataDir} is served by a PostgreSQL outside this machine or container: stop the Duly that uses it there`,
    );
  }
  const connectionLost = new Promise<void>((settle) => client.once('end', settle));
  return { client, pid, connectionLost, adopted: child === undefined, socketDirectory };
}

const cannotStartError = (cluster: Cluster, reason: string) =>
  new StartError(`DATA_DIR ${cluster.dataDir}: the embedded PostgreSQL did not start: ${reason}`);

/** Locks of a predecessor whose last processes are ending, or of a server started at the same moment. */
const isTransient = (failure: string) =>
  sharedMemoryInUse.test(failure) ||
  /lock file ".*" already exists|could not bind Unix address/.test(failure);

const sharedMemoryInUse = /pre-existing shared memory block/;

function removeObstacle(cluster: Cluster, socketDirectory: string, failure: string): void {
  const file = readPidFile(cluster.directory);
  if (file !== undefined && isPostmaster(file.pid, cluster.directory)) return;
  if (sharedMemoryInUse.test(failure)) killOrphans(cluster);
  else removeStaleLocks(cluster, socketDirectory);
}

interface ServerChild {
  pid: number | undefined;
  /** Why the child ended; undefined while it runs. */
  failure(): string | undefined;
  end(): Promise<void>;
}

function watchChild(cluster: Cluster, process: ChildProcess): ServerChild {
  let error: Error | undefined;
  const gone = new Promise<void>((settle) => {
    process.once('exit', () => settle());
    process.once('error', (reason) => {
      error = reason;
      settle();
    });
  });
  return {
    pid: process.pid,
    failure() {
      if (error !== undefined) return error.message;
      return process.exitCode === null && process.signalCode === null ? undefined : lastErrorLine(cluster);
    },
    end() {
      process.kill('SIGINT');
      return gone;
    },
  };
}

/** @throws StartError if the server rejects the password: waiting would not help */
async function tryConnect(
  cluster: Cluster,
  socketDirectory: string,
): Promise<{ client: Client } | { reason: string; isRecovering: boolean }> {
  const client = new Client({
    ...adminConnection(cluster, socketDirectory),
    ssl: false,
    application_name: 'duly supervisor',
    connectionTimeoutMillis: 5_000,
  });
  // Without a listener a lost connection ends the process; `connectionLost` reports it.
  client.on('error', () => {});
  try {
    await client.connect();
    return { client };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (hasCode(error, '28P01', '28000')) {
      throw new StartError(
        `DATA_DIR ${cluster.dataDir}: the database does not accept the password in postgres-password: put back the file that belongs to this database`,
      );
    }
    return { reason, isRecovering: hasCode(error, '57P03') };
  }
}
