import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { errorCodeOf } from '../../src/db/failures.ts';
import { afterFile } from './clean-up.ts';
import { freePort, temporaryDirectory, waitUntil } from './process.ts';

export const binaries = '/usr/lib/postgresql/15/bin';

export function hasPostgres15(what: string): boolean {
  const isThere = existsSync(join(binaries, 'pg_basebackup'));
  if (!isThere) console.warn(`skipped: ${what}, for want of ${binaries}`);
  return isThere;
}

/** PostgreSQL refuses to run as root; Debian's package creates this account. */
export function databaseAccount(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

/**
 * A server of Debian's PostgreSQL 15, until the end of the file. Its superuser is `keeper`; no role needs a password.
 */
export interface TestCluster {
  port: number;
  /** Its data directory. */
  data: string;
  url(user: string, database: string): string;
  /** Runs one statement as the superuser. */
  query<Row extends pg.QueryResultRow>(text: string, database?: string): Promise<Row[]>;
  start(): Promise<void>;
  /** Immediate shutdown (SIGQUIT), like a crash. */
  kill(): Promise<void>;
  /** Fast shutdown (SIGINT). */
  stop(): Promise<void>;
  /** Sends the signal to all of its processes. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
}

type CreateFiles = (program: (name: string, args: string[]) => void, data: string) => void;

/** @param make creates the data directory with programs of PostgreSQL */
async function createCluster(make: CreateFiles): Promise<TestCluster> {
  const account = databaseAccount();
  const { path, remove } = await temporaryDirectory();
  const data = join(path, 'cluster', 'data');
  await mkdir(join(path, 'cluster'));
  if (account.uid !== undefined && account.gid !== undefined)
    await chown(join(path, 'cluster'), account.uid, account.gid);
  const options = { ...account, cwd: path, stdio: 'ignore' } as const;
  make((name, args) => execFileSync(join(binaries, name), args, options), data);
  const port = await freePort();
  let child: ChildProcess | null = null;

  async function query<Row extends pg.QueryResultRow>(text: string, database = 'postgres'): Promise<Row[]> {
    const client = new pg.Client(url('keeper', database));
    await client.connect();
    try {
      return (await client.query<Row>(text)).rows;
    } finally {
      await client.end();
    }
  }
  const url = (user: string, database: string) => `postgresql://${user}@127.0.0.1:${port}/${database}`;
  const end = async (signal: NodeJS.Signals) => {
    const ending = child;
    child = null;
    // It may have ended by itself, as without room for WAL.
    if (ending === null || ending.exitCode !== null || ending.signalCode !== null) return;
    const exit = once(ending, 'exit');
    ending.kill(signal);
    await exit;
  };
  const settings = [`port=${port}`, 'listen_addresses=127.0.0.1', `unix_socket_directories=${path}/cluster`];
  const quick = ['fsync=off', 'shared_buffers=16MB', 'max_connections=50'];
  const cluster: TestCluster = {
    port,
    data,
    url,
    query: query,
    async start() {
      const args = [...settings, ...quick].flatMap((setting) => ['-c', setting]);
      child = spawn(join(binaries, 'postgres'), ['-D', data, ...args], options);
      await waitUntil(() =>
        query('select 1').then(
          () => true,
          () => false,
        ),
      );
    },
    kill: () => end('SIGQUIT'),
    stop: () => end('SIGINT'),
    signal(signal) {
      if (child?.pid === undefined) return;
      const children = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8')
        .trim()
        .split(' ');
      process.kill(child.pid, signal);
      for (const id of children) signalIfRunning(Number(id), signal);
    },
  };
  afterFile.push(async () => {
    await cluster.kill();
    await remove();
  });
  return cluster;
}

/** A new cluster, not started. */
export const initCluster = () =>
  createCluster((program, data) =>
    program('initdb', ['-D', data, '-U', 'keeper', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '-N']),
  );

/** A streaming replica of a running cluster, not started. */
export const createReplicaCluster = ({ port }: TestCluster) =>
  createCluster((program, data) => {
    const from = ['-h', '127.0.0.1', '-p', String(port), '-U', 'keeper'];
    program('pg_basebackup', [...from, '-D', data, '-R', '-X', 'stream', '-c', 'fast', '-N']);
  });

/** Pauses WAL replay: the replica's data stays as it is. */
export async function pauseReplay(replica: TestCluster): Promise<void> {
  await replica.query('select pg_wal_replay_pause()');
  await waitUntil(async () => {
    const [row] = await replica.query<{ state: string }>('select pg_get_wal_replay_pause_state() as state');
    return row?.state === 'paused';
  });
}

export const resumeReplay = (replica: TestCluster) => replica.query('select pg_wal_replay_resume()');

/** Resolves when the replica has replayed everything that the primary has written until now. */
export async function waitForReplay(primary: TestCluster, replica: TestCluster): Promise<void> {
  const [now] = await primary.query<{ lsn: string }>('select pg_current_wal_lsn()::text as lsn');
  await waitUntil(async () => {
    const [row] = await replica.query<{ is: boolean }>(
      `select pg_last_wal_replay_lsn() >= '${now?.lsn}'::pg_lsn as is`,
    );
    return row?.is === true;
  });
}

/** A process of the server may end at any time. */
function signalIfRunning(id: number, signal: NodeJS.Signals): void {
  try {
    process.kill(id, signal);
  } catch (error) {
    if (errorCodeOf(error) !== 'ESRCH') throw error;
  }
}
