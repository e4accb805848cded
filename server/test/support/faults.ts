import { expect } from 'vitest';
import { migrateUp } from '../../src/db/migrator.ts';
import { connectionFromUrl, createDb } from '../../src/db/pool.ts';
import { migrateQueue } from '../../src/worker/queue-schema.ts';
import type { TestDatabase } from './database.ts';
import { recordFault } from './faults-table.ts';
import { silentLog } from './log.ts';
import type { TestCluster } from './postgres15.ts';
import { type Recorder, type Seen, startRecorder } from './recorder.ts';

const role = 'app';
export const databaseName = 'duly';

/**
 * A migrated database on the cluster.
 * @returns the arguments of `startApp`, for an app that reaches it over that port
 */
export async function newDatabase(
  cluster: TestCluster,
  port: number,
): Promise<[Record<string, string>, { database: TestDatabase }]> {
  await cluster.query(`create role ${role} login`);
  await cluster.query(`create database ${databaseName} owner ${role}`);
  const url = cluster.url(role, databaseName);
  const db = createDb({ connection: connectionFromUrl(url), max: 2, log: silentLog });
  await migrateUp(db);
  await migrateQueue(db, silentLog);
  await db.destroy();
  const connection = { host: '127.0.0.1', port, user: role, password: '', database: databaseName };
  const DATABASE_URL = `postgresql://${role}@127.0.0.1:${port}/${databaseName}`;
  return [{ DATABASE_URL }, { database: { connection, drop: async () => {} } }];
}

/** Statuses that were seen, apart from these. */
export const othersThan = (statuses: Record<string, number>, ...expected: number[]) =>
  Object.keys(statuses).filter((status) => !expected.includes(Number(status)));

interface Fault {
  fault: string;
  asked: string;
  server: { url: string };
  /** Brings the fault about, and mends it. What it returns is added to the row of the table. */
  inject(load: Recorder): Promise<string | undefined>;
  /** Besides 200, 201 and 503. */
  statuses?: readonly number[];
}

const clientCount = 4;
const progress = 20;

/** Injects a fault under load. Checks that no acknowledged write is lost or made twice, and records the row. */
export async function injectUnderLoad({
  fault,
  asked,
  server,
  inject,
  statuses = [],
}: Fault): Promise<Recorder> {
  const load = await startRecorder(server, clientCount);
  await load.makeProgress(progress);
  load.forget();
  const more = await inject(load);
  const mendedAt = performance.now();
  await load.makeProgress(1);
  const backMs = performance.now() - mendedAt;
  await load.makeProgress(progress);
  const { acknowledged, lost, doubled } = await load.stop();
  const seen = [
    `${lost.length} of ${acknowledged} writes lost, ${doubled.length} made twice`,
    `writes ${countsOf(load.writes)}`,
    `reads ${countsOf(load.reads)}`,
    `back after ${seconds(backMs)}`,
    ...(more === undefined ? [] : [more]),
  ];
  recordFault({ fault, asked, seen: seen.join('; ') });
  expect({ lost, doubled }).toEqual({ lost: [], doubled: [] });
  for (const each of [load.writes, load.reads])
    expect(othersThan(each.statuses, 200, 201, 503, ...statuses)).toEqual([]);
  return load;
}

const countsOf = ({ statuses, slowestMs }: Seen) =>
  `${Object.entries(statuses)
    .map(([status, count]) => `${status} × ${count}`)
    .join(', ')} (slowest ${seconds(slowestMs)})`;

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
