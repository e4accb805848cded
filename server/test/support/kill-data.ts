import { spawnSync } from 'node:child_process';
import { isDeepStrictEqual } from 'node:util';
import { Client } from 'pg';
import { expect } from 'vitest';
import { verifyAudit } from '../../src/audit/verify.ts';
import type { DatabaseState } from '../../src/backup/manifest.ts';
import { readState } from '../../src/backup/state.ts';
import type { DatabaseConnection } from '../../src/db/hosts.ts';
import { createDb } from '../../src/db/pool.ts';
import { joinEmbedded } from '../../src/db/postgres/embedded.ts';
import { newCaller } from './backups.ts';
import type { End } from './kills.ts';
import { silentLog as log } from './log.ts';
import { startServer, waitUntil } from './process.ts';
import { newDataDirectory } from './servers.ts';

/** Rows whose revision their user's feed has not reached: half a write. */
const newerRows = `select t.user_id from duly.tasks t left join duly.owners o using (user_id)
  where o.user_id is null or t.revision > o.revision`;

/** The state of a database whose audit chains hold, and whose rows are all in the feed of their user. */
export async function inspectDatabase(
  app: DatabaseConnection,
  admin: DatabaseConnection,
): Promise<DatabaseState> {
  const client = new Client({ ...admin, ssl: false });
  await client.connect();
  const db = createDb({ connection: app, max: 2, log, queryTimeoutMs: 0 });
  try {
    const findings: string[] = [];
    await verifyAudit(db, (_, finding) => findings.push(finding));
    const { rows: slots } = await client.query('select slot_name from pg_replication_slots');
    expect({ findings, slots, newer: (await client.query(newerRows)).rows }).toEqual({
      ...{ findings: [], slots: [], newer: [] },
    });
    return await readState(client);
  } finally {
    await db.destroy();
    await client.end();
  }
}

const isErasing = `select from duly.owners where erasure = 'running'`;

/** Starts the service, lets its jobs finish what a killed erasure left, and stops it. @returns the state it had */
export async function startAndInspect(
  env: Record<string, string> & { DATA_DIR: string },
): Promise<DatabaseState> {
  const server = await startServer(env);
  try {
    const { app, admin } = await joinEmbedded({ dataDir: env.DATA_DIR, log });
    const connection = { ...admin, database: app.database };
    const client = new Client({ ...connection, ssl: false });
    await client.connect();
    await waitUntil(async () => (await client.query(isErasing)).rowCount === 0);
    await client.end();
    return await inspectDatabase(app, connection);
  } finally {
    server.child.kill('SIGTERM');
    await server.ended;
  }
}

/** Bulk requests have at most 100 operations. */
const tasksPerRequest = 100;

/** Users `user_1` and so on, with so many tasks each. */
export async function createTasks(url: string, users: number, tasks: number): Promise<void> {
  for (let user = 1; user <= users; user += 1) {
    const caller = await newCaller(url, `user_${user}`);
    for (let first = 0; first < tasks; first += tasksPerRequest) {
      const operations = Array.from({ length: Math.min(tasksPerRequest, tasks - first) }, (_, index) => ({
        ...{ op: 'create', title: `Task ${first + index}`, tags: ['home', `n${index % 7}`] },
        description: `Written before the kill: ${'x'.repeat(index)}`,
      }));
      const { status } = await caller.send('POST', '/tasks/bulk', { operations });
      expect(status).toBe(200);
    }
  }
}

/** A DATA_DIR with the same files. Links, owners and modes stay. */
export async function copyDataDir(original: string): Promise<string> {
  const dataDir = await newDataDirectory();
  const { status, stderr } = spawnSync('cp', ['-a', original, dataDir], { encoding: 'utf8' });
  expect([status, stderr]).toEqual([0, '']);
  return dataDir;
}

/** The states before and after a command. The state after it is read when its first run, which is not killed, ends. */
export interface Ends {
  before: DatabaseState;
  after: Pick<DatabaseState, 'rows' | 'feedHeads'> | null;
}

/** Each copy of a DATA_DIR has an epoch of its own. */
export const withoutEpoch = ({ epoch: _, ...state }: DatabaseState) => state;

const comparable = ({ rows, feedHeads }: Pick<DatabaseState, 'rows' | 'feedHeads'>) => ({ rows, feedHeads });

/** @throws if it is neither end. Entries of the audit log that the command makes differ in their salts */
export function endOf(found: DatabaseState, ends: Ends): End {
  if (isDeepStrictEqual(withoutEpoch(found), withoutEpoch(ends.before))) return 'before';
  ends.after ??= comparable(found);
  expect(comparable(found)).toEqual(comparable(ends.after));
  return 'after';
}
