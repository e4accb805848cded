import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDb } from '../../src/db/pool.ts';
import type { Db } from '../../src/db/schema.ts';
import { query } from '../../src/db/statements.ts';
import { inTransaction } from '../../src/db/transaction.ts';
import { storeProfileCte } from '../../src/profiles/queries.ts';
import type { WriteContext, WritePlan, WriteStamp } from '../../src/writes/plan.ts';
import { findRevisions } from '../../src/writes/revisions.ts';
import { write } from '../../src/writes/write.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { countLockWaits } from '../support/lock-waits.ts';
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

const isBlocked = async () => (await countLockWaits((text) => sql.raw(text).execute(db))) > 0;

const clock = async (on: Db) => {
  const { rows } = await sql<{ now: Date }>`select clock_timestamp()::timestamptz(3) as now`.execute(on);
  return rows[0]?.now ?? new Date(Number.NaN);
};

const context: WriteContext = { actor: null, requestId: null, address: null };
const changesTo = (userId: string, value: string) => ({
  value,
  changes: [
    storeProfileCte(
      userId,
      {
        ...{ first_name: null, last_name: null, time_zone: 'UTC', locale: 'de' },
        ...{ default_reminder_minutes: null, digest_hour: null },
      },
      null,
    ),
  ],
  auditActions: [{ action: 'profile.update' }],
});

type Plan = (userId: string) => WritePlan<WriteStamp['now'], unknown>;

test.each<[string, Plan]>([
  [
    'a change',
    (userId) => ({
      read: query('nothing', sql`select 1`, {}, () => null),
      decide: (_, { now }) => changesTo(userId, now),
    }),
  ],
  ['a create', (userId) => ({ create: ({ now }) => changesTo(userId, now) })],
])('the time of %s is read after the lock of the user row', async (_, planOf) => {
  const userId = randomUUID();
  const timeOf = async () => Date.parse((await write(db, userId, context, planOf(userId))).value);
  expect(Math.abs((await timeOf()) - (await clock(db)).getTime())).toBeLessThan(60_000);
  let second: ReturnType<typeof timeOf> | undefined;
  const unlocked = await inTransaction(db, async (tx) => {
    await sql`update duly.owners set revision = revision + 1 where user_id = ${userId}`.execute(tx);
    second = timeOf();
    await waitUntil(isBlocked);
    return clock(tx);
  });
  expect(await second).toBeGreaterThanOrEqual(unlocked.getTime());
  expect((await findRevisions(db, [userId])).byUser.get(userId)).toBe(3n);
});
