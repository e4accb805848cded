import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDb } from '../../src/db/pool.ts';
import type { Db } from '../../src/db/schema.ts';
import { Query } from '../../src/db/statements.ts';
import { inTransaction } from '../../src/db/transaction.ts';
import { storeProfileCte } from '../../src/profiles/queries.ts';
import { type CreateStamp, type WriteContext, type WritePlan, write } from '../../src/writes/write.ts';
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

const context: WriteContext = { actor: null, requestId: null, address: null };
const auditAction = { action: 'profile.update' };
const changesOf = (userId: string) => [
  storeProfileCte(userId, { first_name: null, last_name: null, time_zone: 'UTC', locale: 'de' }),
];

type Plan = (userId: string) => WritePlan<CreateStamp, unknown>;

test.each<[string, Plan]>([
  [
    'a change',
    (userId) => ({
      read: Query.of(
        (on) => sql`select 1`.compile(on),
        () => null,
      ),
      decide: (_, stamp) => ({ value: stamp, changes: changesOf(userId), auditActions: [auditAction] }),
    }),
  ],
  ['a create', (userId) => ({ changes: changesOf(userId), auditAction, toValue: (stamp) => stamp })],
])('the time of %s is read after the lock of the user row', async (_, planOf) => {
  const userId = randomUUID();
  const stampOf = async () => (await write(db, userId, context, planOf(userId))).value;
  expect((await stampOf()).revision).toBe(1n);
  let second: ReturnType<typeof stampOf> | undefined;
  const unlocked = await inTransaction(db, async (tx) => {
    await sql`update duly.owners set revision = revision + 1 where user_id = ${userId}`.execute(tx);
    second = stampOf();
    await waitUntil(isBlocked);
    return clock(tx);
  });
  const stamp = await second;
  expect(stamp?.revision).toBe(3n);
  expect(stamp?.now.getTime()).toBeGreaterThanOrEqual(unlocked.getTime());
});
