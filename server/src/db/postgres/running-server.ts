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
import { port } from './server-settings.ts';
import { ensureSocketDirectory } from './sockets.ts';

/** How to reach a database. `host` may be the directory of a Unix socket. */
export interface ConnectionSettings {
  host: string;
  port: number;
  user: string;
  password: string;
  database: string;
}

/** A server that answers, and the superuser's connection to it. */
export interface RunningServer {
  client: Client;
  pid: number;
  /** Settles when the connection is gone, for whatever reason. */
  connectionLost: Promise<unknown>;
  /** It ran before we came. */
  adopted: boolean;
  socketDirectory: string;
}

/** Each look at a recovering server costs a line in its log, so they get rarer. */
const pollMs = { first: 20, longest: 250 };
const waitingNoticeMs = 2_000;
const startDeadlineMs = 30_000;
/** A server that says it is recovering gets more: after a crash it replays up to `max_wal_size`. */
const recoveryDeadlineMs = 600_000;

export const adminConnection = (cluster: Cluster, socketDirectory: string): ConnectionSettings => ({
  host: socketDirectory,
  port,
  user: 'postgres',
  password: cluster.password,
  database: 'postgres',
});

/** Takes over the cluster's server when one runs, else starts it; waits for one that is on its way up or down. */
export async function ensureRunning(
  cluster: Cluster,
  socketDirectory: string,
  log: Logger,
  signal: AbortSignal,
): Promise<RunningServer> {
  const started = performance.now();
  const notice = setTimeout(() => log.info('waiting for the embedded PostgreSQL'), waitingNoticeMs);
  let child: ServerChild | undefined;
  try {
    for (let waitMs = pollMs.first; ; waitMs = Math.min(waitMs * 1.2, pollMs.longest)) {
      signal.throwIfAborted();
      const answer = await probeServer(cluster, child);
      if ('client' in answer) return answer;

      const failure = child?.failure();
      if (failure !== undefined) {
        if (!isTransient(failure)) throw cannotStart(cluster, failure);
        removeObstacle(cluster, socketDirectory, failure);
        answer.complaint = failure;
        child = undefined;
      }
      const deadlineMs = answer.recovering ? recoveryDeadlineMs : startDeadlineMs;
      if (performance.now() - started > deadlineMs) throw cannotStart(cluster, answer.complaint);

      if (child === undefined && !answer.alive) {
        ensureSocketDirectory(cluster, socketDirectory);
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
  complaint: string;
  recovering: boolean;
  /** Whether a postmaster of this cluster exists. */
  alive: boolean;
}

/** Tries the server that postmaster.pid names, unless our own has been started and has yet to write itself in there. */
async function probeServer(
  cluster: Cluster,
  child: ServerChild | undefined,
): Promise<RunningServer | NotReady> {
  const file = readPidFile(cluster.directory);
  if (file === undefined || (child !== undefined && child.pid !== file.pid)) {
    return { complaint: 'it does not answer', recovering: false, alive: false };
  }
  const { pid, socketDirectory } = file;
  const answer = await tryConnect(cluster, socketDirectory);
  const alive = isPostmaster(pid, cluster.directory);
  if (!('client' in answer)) return { ...answer, alive };
  const { client } = answer;
  if (!alive) {
    await client.end();
    throw new StartError(
      `DATA_DIR ${cluster.dataDir} is served by a PostgreSQL outside this machine or container: stop the Duly that uses it there`,
    );
  }
  const connectionLost = new Promise<void>((settle) => client.once('end', settle));
  return { client, pid, connectionLost: connectionLost, adopted: child === undefined, socketDirectory };
}

const cannotStart = (cluster: Cluster, complaint: string) =>
  new StartError(`DATA_DIR ${cluster.dataDir}: the embedded PostgreSQL did not start: ${complaint}`);

/** Left over by a predecessor whose last processes are just going, or by one that started at the same moment. */
const isTransient = (failure: string) =>
  sharedMemoryHeld.test(failure) || /lock file ".*" already exists|could not bind Unix address/.test(failure);

const sharedMemoryHeld = /pre-existing shared memory block/;

function removeObstacle(cluster: Cluster, socketDirectory: string, failure: string): void {
  const file = readPidFile(cluster.directory);
  if (file !== undefined && isPostmaster(file.pid, cluster.directory)) return;
  if (sharedMemoryHeld.test(failure)) killOrphans(cluster);
  else removeStaleLocks(cluster, socketDirectory);
}

interface ServerChild {
  pid: number | undefined;
  /** Why it ended; undefined while it lives. */
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

/** @throws StartError when the server will never let us in. */
async function tryConnect(
  cluster: Cluster,
  socketDirectory: string,
): Promise<{ client: Client } | { complaint: string; recovering: boolean }> {
  const client = new Client({
    ...adminConnection(cluster, socketDirectory),
    ssl: false,
    application_name: 'duly supervisor',
    connectionTimeoutMillis: 5_000,
  });
  // Without a listener a connection that breaks would end the process; `lost` tells those who need to know.
  client.on('error', () => {});
  try {
    await client.connect();
    return { client };
  } catch (error) {
    const complaint = error instanceof Error ? error.message : String(error);
    if (hasCode(error, '28P01', '28000')) {
      throw new StartError(
        `DATA_DIR ${cluster.dataDir}: the database does not accept the password in postgres-password: put back the file that belongs to this database`,
      );
    }
    return { complaint, recovering: hasCode(error, '57P03') };
  }
}
