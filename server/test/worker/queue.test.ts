import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { createDb } from '../../src/db/pool.ts';
import { inTransaction } from '../../src/db/transaction.ts';
import { createQueue } from '../../src/worker/queue.ts';
import { migrateQueue } from '../../src/worker/queue-schema.ts';
import { afterTest } from '../support/clean-up.ts';
import { createDatabase } from '../support/database.ts';

async function newQueue() {
  const lines: string[] = [];
  const log = pino({ level: 'warn' }, { write: (line) => void lines.push(line) });
  const database = await createDatabase('empty');
  const db = createDb({ connection: database.connection, max: 2, log });
  afterTest.push(async () => {
    await db.destroy();
    await database.drop();
  });
  await migrateQueue(db, log);
  return { db, log, lines };
}

test('the queue is installed, and looked after, without a fault; jobs that ended a day ago are deleted', async () => {
  const { db, log, lines } = await newQueue();
  const queue = createQueue(db, log);
  const delivery = { userId: 'ada', deliveryId: randomUUID(), channelType: 'email', url: null } as const;
  await inTransaction(db, (tx) => queue.add(tx, [delivery, { ...delivery, deliveryId: randomUUID() }]));
  const [old] = await queue.claim('email', 1);
  if (old === undefined) throw new Error('nothing was claimed');
  await inTransaction(db, (tx) => queue.complete(tx, 'email', [old]));
  await sql`update duly_jobs.job set completed_on = completed_on - interval '25 hours' where state = 'completed'`.execute(
    db,
  );
  await queue.supervise();
  const { rows } = await sql<{ state: string }>`select state::text from duly_jobs.job`.execute(db);
  expect(rows).toEqual([{ state: 'created' }]);
  await queue.close();
  expect(lines).toEqual([]);
});
