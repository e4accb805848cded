import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import type { ChainHead } from '../../src/audit/chain.ts';
import { eraseAuditDetails } from '../../src/audit/erasure.ts';
import { systemOrigin } from '../../src/audit/origin.ts';
import { pruneAudit } from '../../src/audit/pruning.ts';
import { appendAudit } from '../../src/audit/queries.ts';
import { readHeads, verifyAudit } from '../../src/audit/verify.ts';
import { pruneOldAudit } from '../../src/jobs/prune-audit.ts';
import { startApp, type TestApp, type TestUser } from '../support/app.ts';
import { auditEntriesOf } from '../support/audit.ts';
import { tamper } from '../support/database.ts';

const retentionDays = 30;
const dayMs = 24 * 3_600_000;
const never = new AbortController().signal;

let app: TestApp;
beforeAll(async () => {
  app = await startApp({ AUDIT_RETENTION_DAYS: String(retentionDays) });
});
afterAll(() => app.close());
afterEach(() => {
  vi.useRealTimers();
});

/** Appends entries. @returns an instant of the database's clock after all of them, and before later ones */
async function append({ id: userId }: { id: string }, count: number): Promise<Date> {
  const entry = { userId, origin: { ...systemOrigin, actor: userId }, action: 'task.update' };
  await appendAudit(
    app.ctx.db,
    Array.from({ length: count }, (_, index) => ({ ...entry, subject: `task-${index}`, outcome: 'success' })),
  );
  const { rows } = await sql<{ now: Date }>`
    select (statement_timestamp() + interval '1 ms')::timestamptz(3) as now, pg_sleep(0.002)`.execute(
    app.ctx.db,
  );
  return rows[0]?.now ?? new Date(0);
}

async function findings(heads?: ChainHead[]): Promise<string[]> {
  const found: string[] = [];
  async function* kept() {
    yield* heads ?? [];
  }
  await verifyAudit(app.ctx.db, (_, finding) => found.push(finding), { heads: kept() });
  return found;
}

async function headOf({ id }: TestUser): Promise<ChainHead> {
  for await (const head of readHeads(app.ctx.db)) if (head.userId === id) return head;
  throw new Error('there is no head');
}

const sequenceOf = async ({ id }: TestUser) => (await auditEntriesOf(app.ctx.db, id)).map(({ seq }) => seq);

const tamperHere = (...statements: string[]) => tamper(statements, app.database.connection.database);

async function withOldEntries(old: number, recent: number): Promise<TestUser> {
  const user = await app.newUser();
  const before = await append(user, old);
  if (recent > 0) await append(user, recent);
  await pruneAudit(app.ctx.db, before, never);
  return user;
}

test('entries from before an instant go, the others stay, and the chain holds', async () => {
  const user = await withOldEntries(6, 4);
  expect(await sequenceOf(user)).toEqual([7, 8, 9, 10]);
  const page = await app.request('GET', `${user.v1}/audit`, { token: user.token });
  expect([page.body.pagination.total, page.body.data.length]).toEqual([4, 4]);
  expect(await findings()).toEqual([]);
  await append(user, 2);
  expect(await sequenceOf(user)).toEqual([7, 8, 9, 10, 11, 12]);
  expect(await findings()).toEqual([]);
});

test('a chain may lose all entries, and goes on', async () => {
  const user = await withOldEntries(3, 0);
  expect([await sequenceOf(user), await findings()]).toEqual([[], []]);
  await append(user, 1);
  expect([await sequenceOf(user), await findings()]).toEqual([[4], []]);
});

test('more entries than a batch has go, and the log of the service counts them', async () => {
  const user = await withOldEntries(2_345, 1);
  expect(await sequenceOf(user)).toEqual([2_346]);
  const counts = (await auditEntriesOf(app.ctx.db, ''))
    .filter(({ action }) => action === 'audit.prune')
    .map(({ count }) => count);
  expect(counts.reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(2_345);
  expect(await findings()).toEqual([]);
});

test('heads that were kept from before still show whether the rest was rewritten', async () => {
  const user = await app.newUser();
  await append(user, 2);
  const removed = await headOf(user);
  const before = await append(user, 3);
  const last = await headOf(user);
  await append(user, 2);
  const stays = await headOf(user);
  await pruneAudit(app.ctx.db, before, never);
  expect(await findings([removed, last, stays])).toEqual([]);
  const other = { hash: 'ab'.repeat(32) };
  expect(await findings([{ ...removed, ...other }])).toEqual([]);
  for (const head of [last, stays])
    expect(await findings([{ ...head, ...other }])).toEqual([
      `entry ${head.seq} is not the one of the kept heads: the chain was rewritten`,
    ]);
});

test('the verification finds entries that were removed or changed otherwise', async () => {
  const user = await withOldEntries(3, 4);
  const restore = async (statement: string, expected: string[]) => {
    await tamperHere(`create table kept as select * from duly.audit where user_id = '${user.id}'`, statement);
    expect(await findings()).toEqual(expected);
    await tamperHere(
      `delete from duly.audit where user_id = '${user.id}'`,
      'insert into duly.audit select * from kept',
      'drop table kept',
    );
  };
  const ofUser = `user_id = '${user.id}'`;
  await restore(`delete from duly.audit where ${ofUser} and seq = 4`, [
    'entry 4 is missing, and entry 5 cannot be checked',
  ]);
  await restore(`update duly.audit set action = 'task.create' where ${ofUser} and seq = 4`, [
    'entry 4 was changed',
  ]);
  await restore(`delete from duly.audit where ${ofUser}`, ['entries 4 to 7 are missing at the end']);
  expect(await findings()).toEqual([]);
});

test('the database lets nobody remove other entries, or begin a chain elsewhere', async () => {
  const user = await withOldEntries(2, 3);
  const { db } = app.ctx;
  const refused = 'append-only';
  await expect(
    sql`delete from duly.audit where user_id = ${user.id} and seq = 3`.execute(db),
  ).rejects.toThrow(refused);
  for (const [seq, hash] of [
    [4, 'ab'],
    [1, 'ab'],
    [null, null],
  ])
    await expect(
      sql`update duly.audit_heads set pruned_seq = ${seq}, pruned_hash = decode(${hash}, 'hex')
        where user_id = ${user.id}`.execute(db),
    ).rejects.toThrow(refused);
  expect(await sequenceOf(user)).toEqual([3, 4, 5]);
});

test('an erased user has a chain that holds, without the entry of the erasure', async () => {
  const user = await withOldEntries(2, 2);
  await eraseAuditDetails(app.ctx.db, user.id);
  expect(await findings()).toEqual([]);
});

test('a job removes whole days that ended AUDIT_RETENTION_DAYS ago', async () => {
  const user = await app.newUser();
  await append(user, 3);
  const now = Date.now();
  const endOfDay = (Math.floor(now / dayMs) + 1) * dayMs;
  const runAt = (time: number) => {
    vi.useFakeTimers({ now: time, toFake: ['Date'] });
    return pruneOldAudit.run(app.ctx, never);
  };
  await runAt(endOfDay + retentionDays * dayMs - 1);
  expect(await sequenceOf(user)).toEqual([1, 2, 3]);
  expect(await runAt(endOfDay + retentionDays * dayMs)).toBeGreaterThanOrEqual(3);
  expect(await sequenceOf(user)).toEqual([]);
  vi.useRealTimers();
  expect(await findings()).toEqual([]);
});

test('without the setting, entries stay for ever', async () => {
  const { config } = app.ctx;
  const retention = { ...config.retention, auditDays: null };
  vi.useFakeTimers({ now: Date.now() + 99_999 * dayMs, toFake: ['Date'] });
  expect(await pruneOldAudit.run({ ...app.ctx, config: { ...config, retention } }, never)).toBe(0);
});
