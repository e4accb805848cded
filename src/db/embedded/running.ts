import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import type { Logger } from 'pino';
import { StartError } from '../../errors.ts';
import type { Cluster } from './cluster.ts';
import { hasCode } from './files.ts';
import { isPostmaster, lastComplaint, launch, readPidFile, removeStaleLocks } from './postmaster.ts';
import { port } from './settings.ts';
import { ensureSocketDirectory } from './sockets.ts';

/** How to reach a database. `host` may be the directory of a Unix socket. */
export interface Connection {
  host: string;
  port: number;
  user: string;
  password: string;
  database: string;
}

/** A server that answers, and the superuser's connection to it. */
export interface Running {
  client: Client;
  pid: number;
  /** Settles when the connection is gone, for whatever reason. */
  lost: Promise<unknown>;
  /** It ran before we came. */
  adopted: boolean;
  socketDirectory: string;
}

/** Each look at a recovering server costs a line in its log, so they get rarer. */
const pollMs = { first: 20, longest: 250 };
const startDeadlineMs = 30_000;
/** A server that says it is recovering gets more: after a crash it replays up to `max_wal_size`. */
const recoveryDeadlineMs = 600_000;

export const adminConnection = (cluster: Cluster, socketDirectory: string): Connection => ({
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
): Promise<Running> {
  const started = performance.now();
  let child: Child | undefined;
  let complaint = '';
  let recovering = false;
  let waitMs = pollMs.first;
  for (;;) {
    if (signal.aborted) {
      await child?.end();
      signal.throwIfAborted();
    }
    const file = readPidFile(cluster.directory);
    if (file !== undefined && (child === undefined || child.pid === file.pid)) {
      const answer = await tryConnect(cluster, file.socketDirectory);
      if ('client' in answer) {
        return running(cluster, answer.client, file.pid, file.socketDirectory, child === undefined);
      }
      ({ complaint } = answer);
      recovering = answer.recovering;
    }
    if (child?.failure !== undefined) {
      complaint = child.failure;
      if (!isPassing(complaint)) throw cannotStart(cluster, complaint);
      removeStaleLocks(cluster, socketDirectory);
      child = undefined;
    }
    if (child === undefined && !(file !== undefined && isPostmaster(file.pid, cluster.directory))) {
      ensureSocketDirectory(cluster, socketDirectory);
      child = watch(cluster, launch(cluster, socketDirectory));
    }
    if (performance.now() - started > (recovering ? recoveryDeadlineMs : startDeadlineMs)) {
      await child?.end();
      throw cannotStart(cluster, complaint || 'it does not answer');
    }
    await sleep(waitMs);
    if (waitMs < pollMs.longest && (waitMs *= 1.2) >= pollMs.longest) {
      log.info({ complaint }, 'still waiting for the embedded PostgreSQL');
    }
  }
}

const cannotStart = (cluster: Cluster, complaint: string) =>
  new StartError(`DATA_DIR ${cluster.dataDir}: the embedded PostgreSQL did not start: ${complaint}`);

/** Left over by a predecessor whose last processes are just going, or by one that started at the same moment. */
const isPassing = (complaint: string) =>
  /pre-existing shared memory block|lock file ".*" already exists|could not bind Unix address/.test(
    complaint,
  );

interface Child {
  pid: number | undefined;
  /** Why it ended; undefined while it lives. */
  failure: string | undefined;
  end(): Promise<void>;
}

function watch(cluster: Cluster, process: ChildProcess): Child {
  const child: Child = {
    pid: process.pid,
    failure: undefined,
    async end() {
      if (child.failure !== undefined) return;
      const gone = once(process, 'exit');
      process.kill('SIGINT');
      await gone;
    },
  };
  process.once('error', (error) => {
    child.failure = error.message;
  });
  process.once('exit', () => {
    child.failure = lastComplaint(cluster);
  });
  return child;
}

function running(
  cluster: Cluster,
  client: Client,
  pid: number,
  socketDirectory: string,
  adopted: boolean,
): Running {
  if (!isPostmaster(pid, cluster.directory)) {
    void client.end();
    throw new StartError(
      `DATA_DIR ${cluster.dataDir} is served by a PostgreSQL outside this machine or container: stop the Duly that uses it there`,
    );
  }
  return { client, pid, lost: once(client, 'end'), adopted, socketDirectory };
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
