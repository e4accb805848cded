import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eraseAuditDetails, eraseRefusedDetails } from '../../src/audit/erasure.ts';
import type { AuditEntry } from '../../src/audit/model.ts';
import { appendAudit } from '../../src/audit/queries.ts';
import { insertRefused, readRefused } from '../../src/audit/refused-queries.ts';
import { readHeads, verifyAudit } from '../../src/audit/verify.ts';
import { createDb } from '../../src/db/pool.ts';
import type { Db } from '../../src/db/schema.ts';
import { auditEntriesOf } from '../support/audit.ts';
import { asAdmin, createDatabase, type TestDatabase, tamper } from '../support/database.ts';
import { silentLog } from '../support/log.ts';

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

const entryOf = (userId: string, action: string): AuditEntry => ({
  userId,
  origin: { actor: userId, requestId: `request-${randomUUID()}`, address: '192.0.2.7' },
  action,
  subject: 'task-1',
  outcome: 'success',
});

async function findingsOf(userId: string): Promise<string[]> {
  const findings: string[] = [];
  await verifyAudit(db, (about, finding) => about === userId && findings.push(finding));
  return findings;
}

/** Entries as the version before wrote them: without a salt, hashed as a whole. */
async function olderChain(userId: string, length: number): Promise<void> {
  const digest = `sha256(convert_to(jsonb_build_array(user_id, (extract(epoch from at) * 1000)::bigint, actor, action,
    subject, outcome, count, request_id, address)::text, 'UTF8'))`;
  for (let seq = 1; seq <= length; seq += 1)
    await asAdmin(
      `with e as (select '${userId}'::text as user_id, ${seq}::bigint as seq, now()::timestamptz(3) as at,
          'someone'::text as actor, 'task.update'::text as action, 'task-${seq}'::text as subject,
          'success'::text as outcome, 1 as count, 'request-${seq}'::text as request_id, '192.0.2.8'::text as address),
        head as (insert into duly.audit_heads as h (user_id, seq, hash) select user_id, 1, ${digest} from e
          on conflict (user_id) do update set seq = h.seq + 1, hash = sha256(h.hash || excluded.hash) returning hash)
      insert into duly.audit (user_id, seq, at, actor, action, subject, outcome, count, request_id, address, hash)
        select e.*, head.hash from e cross join head`,
      database.connection.database,
    );
}

describe('entries whose details are erased', () => {
  test('keep what happened and when; the chain holds, of older entries and of newer ones', async () => {
    const userId = randomUUID();
    await olderChain(userId, 3);
    await appendAudit(db, [entryOf(userId, 'task.create'), entryOf(userId, 'task.update')]);
    await appendAudit(db, [entryOf(userId, 'user.erase')]);
    expect(await findingsOf(userId)).toEqual([]);
    const other = randomUUID();
    await appendAudit(db, [entryOf(other, 'task.create')]);
    const before = await auditEntriesOf(db, userId);
    await eraseAuditDetails(db, userId);
    const after = await auditEntriesOf(db, userId);
    const nothing = { actor: null, subject: null, request_id: null, address: null };
    expect(after).toEqual(before.map((entry) => ({ ...entry, ...nothing })));
    expect(await findingsOf(userId)).toEqual([]);
    expect((await auditEntriesOf(db, other))[0]?.address).toBe('192.0.2.7');
    // Again, and after further entries.
    await appendAudit(db, [entryOf(userId, 'task.create')]);
    await eraseAuditDetails(db, userId);
    expect(await findingsOf(userId)).toEqual([]);
  });

  test('are reported in a chain whose user nobody erased, and when they were changed', async () => {
    const userId = randomUUID();
    await appendAudit(db, [entryOf(userId, 'task.create'), entryOf(userId, 'task.update')]);
    await eraseAuditDetails(db, userId);
    expect(await findingsOf(userId)).toEqual(['the details of entry 1 are gone, but nobody erased the user']);
    const erased = randomUUID();
    await appendAudit(db, [entryOf(erased, 'task.create'), entryOf(erased, 'user.erase')]);
    await eraseAuditDetails(db, erased);
    const first = `user_id = '${erased}' and seq = 1`;
    for (const change of ["outcome = 'failure'", "actor = 'x'", 'details_digest = null']) {
      const rows = await auditEntriesOf(db, erased);
      await tamper([`update duly.audit set ${change} where ${first}`], database.connection.database);
      expect(await findingsOf(erased)).toContain('entry 1 was changed');
      await tamper(
        [`update duly.audit set actor = null, outcome = '${rows[0]?.outcome}' where ${first}`],
        database.connection.database,
      );
    }
  });

  test('are the only change that the database takes', async () => {
    const userId = randomUUID();
    await appendAudit(db, [entryOf(userId, 'task.create')]);
    const isOfUser = sql`where user_id = ${userId}`;
    const nothing = sql`actor = null, subject = null, request_id = null, address = null, salt = null`;
    for (const change of [
      sql`update duly.audit set address = null ${isOfUser}`,
      sql`update duly.audit set ${nothing} ${isOfUser}`,
      sql`update duly.audit set ${nothing}, details_digest = sha256('') ${isOfUser}`,
      sql`delete from duly.audit ${isOfUser}`,
    ])
      await expect(change.execute(db)).rejects.toThrow('audit is append-only');
    expect((await readHeads(db).next()).done).toBe(false);
  });
});

test('of refused entries the same is left', async () => {
  const [userId, other] = [`odd "${randomUUID()}"\\`, randomUUID()];
  await insertRefused(db, [entryOf(userId, 'auth.login'), entryOf(other, 'auth.login')], '22021');
  await eraseRefusedDetails(db, userId);
  const entries: unknown[] = [];
  for await (const { entry } of readRefused(db)) entries.push(JSON.parse(entry));
  expect(entries).toEqual([
    { userId, action: 'auth.login', outcome: 'success', erased: true },
    expect.objectContaining({ userId: other, subject: 'task-1' }),
  ]);
  const change = sql`update duly.audit_refused set entry = '{}'`;
  await expect(change.execute(db)).rejects.toThrow('audit_refused is append-only');
});
