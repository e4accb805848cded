/** The database under test: the embedded PostgreSQL in a directory of its own. */

import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { pino } from 'pino';
import { migrateUp } from '../src/db/migrator.ts';
import { createDb } from '../src/db/pool.ts';
import { type ConnectionSettings, type EmbeddedServer, startEmbedded } from '../src/db/postgres/embedded.ts';
import { migrateQueue } from '../src/worker/queue-schema.ts';
import type { ActiveUser, OwnedTask } from './requests.ts';
import { type Size, seed } from './seed.ts';
import { childrenOf } from './server.ts';

export interface BenchDatabase {
  connection: ConnectionSettings;
  /** The superuser's connection to the same database. */
  admin: ConnectionSettings;
  /** The same connection as DATABASE_URL. */
  url: string;
  /** CPU time of all processes that PostgreSQL has now; null on systems other than Linux. */
  cpuMs(): number | null;
  /** Number of connections that the servers have open. */
  countConnections(): Promise<number>;
  /** Users `bench-0` and on, each with up to 20 live tasks. */
  findActiveUsers(count: number): Promise<ActiveUser[]>;
  /** The other live tasks of those users, in random order. */
  findOtherTasks(count: number): Promise<OwnedTask[]>;
  close(): Promise<void>;
}

const log = pino({ level: 'silent' });

/** @param dataDir a seeded directory, which is kept; null creates one that `close` removes */
export async function openBenchDatabase(dataDir: string | null, size: Size): Promise<BenchDatabase> {
  const directory = dataDir ?? mkdtempSync(join(tmpdir(), 'duly-bench-'));
  // The server's account must traverse it.
  if (dataDir === null) chmodSync(directory, 0o755);
  const embedded = await startEmbedded({ dataDir: directory, log });
  const connection = embedded.app;
  await migrate(connection);
  if (!(await isSeeded(connection))) {
    const begin = performance.now();
    await seed(connection, size);
    console.log(`seeded in ${((performance.now() - begin) / 1_000).toFixed(0)} s`);
  }
  return {
    connection,
    admin: { ...embedded.admin, database: connection.database },
    url: urlOf(connection),
    cpuMs: () => cpuMsOf(embedded.clusterDirectory),
    countConnections: () => countConnections(embedded),
    findActiveUsers: (count) => findActiveUsers(connection, count),
    findOtherTasks: (count) => runQuery<OwnedTask>(connection, otherTasksSql, [count]),
    async close() {
      await embedded.stop();
      if (dataDir === null) rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function migrate(connection: ConnectionSettings): Promise<void> {
  const db = createDb({ connection, max: 1, log, queryTimeoutMs: 0 });
  try {
    await migrateUp(db);
    await migrateQueue(db, log);
  } finally {
    await db.destroy();
  }
}

async function isSeeded(connection: ConnectionSettings): Promise<boolean> {
  const rows = await runQuery<{ seeded: boolean }>(
    connection,
    'select exists (select from duly.tasks) as seeded',
  );
  return rows[0]?.seeded ?? false;
}

async function countConnections({ admin }: EmbeddedServer): Promise<number> {
  const text =
    "select count(*)::int as count from pg_stat_activity where application_name in ('duly pool', 'duly listener')";
  const rows = await runQuery<{ count: number }>(admin, text);
  return rows[0]?.count ?? 0;
}

const activeUsersSql = `
  select user_id as id, array(select t.id::text from tasks as t where t.user_id = asked.user_id and t.deleted_at is null
    order by t.revision desc limit 20) as tasks
  from (select 'bench-' || n as user_id from generate_series(0, $1::int - 1) as n) as asked`;

const otherTasksSql = `
  select other.user_id, other.id from generate_series(0, $1::int - 1) as n cross join lateral (
    select t.user_id, t.id::text as id from duly.tasks as t
    where t.user_id = 'bench-' || n and t.deleted_at is null order by t.revision desc offset 20
  ) as other order by md5(other.id)`;

/** Of any checkout's database: early ones have their tables in the schema `public`. */
export const findActiveUsers = (connection: ConnectionSettings, count: number): Promise<ActiveUser[]> =>
  runQuery<ActiveUser>({ ...connection, options: '-c search_path=duly,public' }, activeUsersSql, [count]);

/** The kernel counts CPU time in ns for each process, and PostgreSQL's have one thread each. */
function cpuMsOf(clusterDirectory: string): number | null {
  try {
    const [postmaster] = readFileSync(join(clusterDirectory, 'postmaster.pid'), 'utf8').split('\n');
    const cpuNs = [Number(postmaster), ...childrenOf(Number(postmaster))].map((pid) =>
      Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]),
    );
    return cpuNs.reduce((sum, ns) => sum + ns, 0) / 1e6;
  } catch {
    return null;
  }
}

export async function runQuery<Row extends pg.QueryResultRow>(
  connection: pg.ClientConfig,
  text: string,
  values: unknown[] = [],
): Promise<Row[]> {
  const client = new pg.Client(connection);
  await client.connect();
  try {
    return (await client.query<Row>(text, values)).rows;
  } finally {
    await client.end();
  }
}

const urlOf = ({ host, port, user, password, database }: ConnectionSettings) =>
  `postgresql://${user}:${encodeURIComponent(password)}@${encodeURIComponent(host)}:${port}/${database}`;
