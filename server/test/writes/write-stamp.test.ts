import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDb } from '../../src/db/pool.ts';
import type { Db } from '../../src/db/schema.ts';
import { executeCtes } from '../../src/db/statements.ts';
import { inTransaction } from '../../src/db/transaction.ts';
import { bumpRevision, type CreateStamp, nextWriteStamp } from '../../src/writes/revisions.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { silentLog } from '../support/log.ts';
import { waitUntil } from '../support/process.ts';

let database: TestDatabase;
let db: Db;
beforeAll(async () => {
  database = await createDatabase();
  db = createDb({ connection: database.connection, max: 3, log: silentLog });
});
afterAll(async () => {
  await db.destroy();
  await database.drop();
});

const isBlocked = async () => {
  const { rows } = await sql`
    select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`.execute(db);
  return rows.length > 0;
};

const clock = async (on: Db) => {
  const { rows } = await sql<{ now: Date }>`select clock_timestamp()::timestamptz(3) as now`.execute(on);
  return rows[0]?.now ?? new Date(Number.NaN);
};

test.each([
  ['of a change', (userId: string) => inTransaction(db, (tx) => bumpRevision(tx, userId))],
  [
    'of a create',
    async (userId: string) => (await executeCtes<CreateStamp>(db, [nextWriteStamp(userId)]))[0],
  ],
])('the time %s is read once the lock of the owner was got', async (_, write) => {
  const userId = randomUUID();
  expect((await write(userId))?.revision).toBe(1n);
  let second: ReturnType<typeof write> | undefined;
  const unlocked = await inTransaction(db, async (tx) => {
    await bumpRevision(tx, userId);
    second = write(userId);
    await waitUntil(isBlocked);
    return clock(tx);
  });
  const stamp = await second;
  expect(stamp?.revision).toBe(3n);
  expect(stamp?.now.getTime()).toBeGreaterThanOrEqual(unlocked.getTime());
});
