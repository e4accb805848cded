import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createAuditCounts } from '../../src/audit/counts.ts';
import type { AuditEntry } from '../../src/audit/model.ts';
import { createRefusedEntries } from '../../src/audit/refused-entries.ts';
import type { Db } from '../../src/db/schema.ts';
import { registerAccount } from '../support/accounts.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { auditActionsOf, auditEntriesOf } from '../support/audit.ts';
import { tamper, urlOf } from '../support/database.ts';
import { silentLog } from '../support/log.ts';
import { metricsToken, scrape } from '../support/metrics.ts';
import { patience } from '../support/patience.ts';
import { startProcess } from '../support/process.ts';
import { statementsOf } from '../support/sql/count.ts';
import { sendRenameTag } from '../support/tags.ts';
import { newClient } from '../support/tasks.ts';
import { createTrashedTasks } from '../support/trash.ts';

let app: TestApp;
let db: Db;
beforeAll(async () => {
  app = await startApp({ METRICS_TOKEN: metricsToken });
  ({ db } = app.ctx);
});
afterAll(() => app.close());

interface Kept {
  sqlstate: string;
  entry: AuditEntry;
}

/** The user's entries in `duly.audit_refused`. */
async function keptOf(userId: string): Promise<Kept[]> {
  const { rows } = await sql<{ sqlstate: string; entry: string }>`
    select sqlstate, entry from duly.audit_refused order by id`.execute(db);
  const kept = rows.map(({ sqlstate, entry }): Kept => ({ sqlstate, entry: JSON.parse(entry) }));
  return kept.filter(({ entry }) => entry.userId === userId);
}

/** Counts the entries that are refused during `work`, by kind. */
async function refusedIn(work: () => Promise<unknown>): Promise<Record<string, number>> {
  const counts = async () => {
    const samples = (await scrape(app.url)).filter(({ name }) => name === 'duly_audit_refused_entries_total');
    return Object.fromEntries(samples.map(({ labels, value }): [string, number] => [labels.of ?? '', value]));
  };
  const before = await counts();
  await work();
  const after = await counts();
  const added = Object.entries(after).map(([of, value]) => [of, value - (before[of] ?? 0)] as const);
  return Object.fromEntries(added.filter(([, value]) => value > 0));
}

/** Runs `work` while the database rejects audit entries that do not meet the condition. */
async function onlyWhere<T>(condition: string, work: () => Promise<T>): Promise<T> {
  await sql.raw(`alter table duly.audit add constraint broken check (${condition}) not valid`).execute(db);
  try {
    return await work();
  } finally {
    await sql`alter table duly.audit drop constraint broken`.execute(db);
  }
}

const readOf = (userId: string, more: Partial<AuditEntry> = {}): AuditEntry => ({
  userId,
  origin: { actor: userId, requestId: null, address: '192.0.2.7' },
  action: 'task.list',
  outcome: 'success',
  ...more,
});

describe('a counted entry that the database refuses', () => {
  test('is kept with its reason and counted; those that came with it are in their chains', async () => {
    const clients = await Promise.all(Array.from({ length: 9 }, () => newClient(app)));
    const refused = clients[4]?.user.id ?? '';
    const added = await refusedIn(async () => {
      for (const { list, tags } of clients) await Promise.all([list(), tags()]);
      const stored = async () => {
        await app.ctx.auditCounts.flush();
        return (await Promise.all(clients.map(({ user }) => auditActionsOf(db, user.id)))).flat().length;
      };
      // A request is counted after its response.
      await onlyWhere(`user_id <> '${refused}' or action <> 'tag.list'`, () =>
        vi.waitUntil(async () => (await stored()) === 17, patience),
      );
    });
    expect(added).toEqual({ count: 1 });
    expect(await keptOf(refused)).toEqual([
      { sqlstate: '23514', entry: expect.objectContaining({ action: 'tag.list', count: 1 }) },
    ]);
    expect(await auditActionsOf(db, refused)).toEqual(['task.list success']);
    for (const { user } of clients.filter((client) => client.user.id !== refused))
      expect((await auditActionsOf(db, user.id)).sort()).toEqual(['tag.list success', 'task.list success']);
  });

  test('because the head of its chain is gone is kept, and harms no other chain', async () => {
    const [broken, other] = [await newClient(app), await newClient(app)];
    await broken.create();
    await tamper(
      [`delete from duly.audit_heads where user_id = '${broken.user.id}'`],
      app.database.connection.database,
    );
    await Promise.all([broken.list(), other.list()]);
    await app.ctx.auditCounts.flush();
    expect(await keptOf(broken.user.id)).toMatchObject([
      { sqlstate: '23505', entry: { action: 'task.list' } },
    ]);
    expect(await auditActionsOf(db, other.user.id)).toEqual(['task.list success']);
    expect((await broken.v1('POST', '/tasks', { title: 'x' })).status).toBe(503);
  });

  test('for NUL in its text is kept as it was', async () => {
    const userId = randomUUID();
    app.ctx.auditCounts.add(readOf(userId, { subject: 'a\0b' }));
    app.ctx.auditCounts.add(readOf(userId));
    await app.ctx.auditCounts.flush();
    expect(await keptOf(userId)).toEqual([
      { sqlstate: '22021', entry: { ...readOf(userId), subject: 'a\0b', count: 1 } },
    ]);
    expect(await auditActionsOf(db, userId)).toEqual(['task.list success']);
  });

  test('with all others for want of a right is kept with them, in one statement', async () => {
    const users = Array.from({ length: 100 }, () => randomUUID());
    for (const userId of users) app.ctx.auditCounts.add(readOf(userId));
    await sql`revoke insert on duly.audit from current_user`.execute(db);
    try {
      const statements = await statementsOf(() => app.ctx.auditCounts.flush());
      expect(statements.filter((text) => text.includes('audit_refused'))).toHaveLength(1);
    } finally {
      await sql`grant insert on duly.audit to current_user`.execute(db);
    }
    for (const userId of users) expect(await keptOf(userId)).toMatchObject([{ sqlstate: '42501' }]);
  });

  test('waits in memory while it cannot be kept either; there is room for a thousand', async () => {
    const refused = createRefusedEntries(db, silentLog);
    const counts = createAuditCounts(db, silentLog, refused);
    const userId = randomUUID();
    const keep = (index: number) => counts.add(readOf(`${userId}${index}`, { subject: '\0' }));
    await sql`alter table duly.audit_refused rename to gone`.execute(db);
    try {
      for (let index = 0; index < 1_100; index += 1) keep(index);
      await counts.flush();
      expect(refused.counts()).toEqual({ refused: { count: 1_100, attempt: 0, write: 0 }, held: 1_000 });
    } finally {
      await sql`alter table duly.gone rename to audit_refused`.execute(db);
    }
    await counts.flush();
    expect(refused.counts()).toMatchObject({ held: 0 });
    const { rows } = await sql<{ count: number }>`
      select count(*)::int as count from duly.audit_refused where entry like ${`%${userId}%`}`.execute(db);
    expect(rows).toEqual([{ count: 1_000 }]);
  });
});

test('the last flush waits for a slow database as long as batches are stored', async () => {
  const counts = createAuditCounts(db, silentLog, createRefusedEntries(db, silentLog));
  const userIds = Array.from({ length: 800 }, () => randomUUID());
  for (const userId of userIds) counts.add(readOf(userId));
  await sql`alter table duly.audit add constraint slow check (pg_sleep(0.004)::text is not null) not valid`.execute(
    db,
  );
  try {
    await counts.close();
  } finally {
    await sql`alter table duly.audit drop constraint slow`.execute(db);
  }
  const { rows } = await sql`select from duly.audit where user_id = any(${userIds})`.execute(db);
  expect(rows).toHaveLength(userIds.length);
});

test('a change whose entry is refused is not made, and answered with 503, whatever it is', async () => {
  const client = await newClient(app);
  const { v1, bare, user } = client;
  const { id } = await client.create({ tags: ['a'] });
  const [gone] = await createTrashedTasks(client, {});
  const before = await client.stored();
  const key = { 'idempotency-key': randomUUID() };
  const operations = [
    { op: 'create', title: 'x' },
    { op: 'complete', id },
  ];
  const changes = [
    () => v1('POST', '/tasks', { title: 'x', tags: ['b'] }),
    () => bare('POST', '/tasks', { title: 'x' }),
    () => v1('POST', '/tasks', { title: 'x' }, key),
    () => v1('PATCH', `/tasks/${id}`, { title: 'x' }),
    () => bare('PATCH', `/tasks/${id}/complete`),
    () => v1('DELETE', `/tasks/${id}`),
    () => v1('POST', '/tasks/bulk', { operations }),
    () => sendRenameTag(client, 'a', 'b'),
    () => v1('POST', `/trash/${gone?.id}/restore`),
    () => v1('DELETE', `/trash/${gone?.id}`),
    () => v1('DELETE', '/trash'),
    () => v1('PATCH', '', { first_name: 'x' }),
  ];
  const added = await refusedIn(() =>
    onlyWhere(`user_id <> '${user.id}'`, async () => {
      for (const [index, change] of changes.entries()) {
        const { status, headers, body } = await change();
        expect([index, status, headers.get('retry-after')]).toEqual([index, 503, '60']);
        expect(body).toMatchObject({
          error_code: 'SERVICE_UNAVAILABLE',
          detail: 'The audit log takes no entry of this, so it was not done',
        });
      }
    }),
  );
  expect(added).toEqual({ write: changes.length });
  expect(await client.stored()).toEqual(before);
  expect(await keptOf(user.id)).toEqual([]);
  // The Idempotency-Key was not used up.
  expect((await v1('POST', '/tasks', { title: 'x' }, key)).status).toBe(201);
});

test('a refusal of other tables than those of the audit log stays an error of the server', async () => {
  const { v1 } = await newClient(app);
  await sql`alter table duly.tasks add constraint audit check (title <> 'never') not valid`.execute(db);
  try {
    expect((await v1('POST', '/tasks', { title: 'never' })).status).toBe(500);
  } finally {
    await sql`alter table duly.tasks drop constraint audit`.execute(db);
  }
});

test.each(['/api/v1/auth/login', '/api/auth/sign-in/email'])(
  'an attempt at %s whose entry is refused lets nobody in, and the entry is kept',
  async (path) => {
    const { id, email } = await registerAccount(app);
    const added = await refusedIn(() =>
      onlyWhere("action <> 'auth.login'", async () => {
        for (const password of ['gentle-otter-42', 'wrong-otter-42']) {
          const body = { email, password };
          const headers = { origin: 'http://localhost:3000' };
          const reply = await app.request('POST', path, { body, headers });
          expect([reply.status, reply.headers.getSetCookie()]).toEqual([503, []]);
          expect(reply.text).not.toContain('token');
        }
      }),
    );
    expect(added).toEqual({ attempt: 2 });
    const kept = await keptOf(id);
    expect(kept.map(({ entry }) => [entry.action, entry.outcome])).toEqual([
      ['auth.login', 'success'],
      ['auth.login', 'failure'],
    ]);
    expect(await auditEntriesOf(db, id)).toHaveLength(1);
  },
);

test('the table takes no update, delete or truncate', async () => {
  for (const statement of [
    sql`update duly.audit_refused set entry = ''`,
    sql`delete from duly.audit_refused`,
    sql`truncate duly.audit_refused`,
  ])
    await expect(statement.execute(db)).rejects.toThrow('audit_refused is append-only');
});

test('the command names what was refused, of whom, why and when, until it is said to be known', async () => {
  const own = await startApp();
  const audit = async (...args: string[]) => {
    const { code, stdout, stderr } = await startProcess(['audit', ...args], {
      DATABASE_URL: urlOf(own.database.connection),
    }).ended;
    return { code, lines: (stdout + stderr).trim().split('\n') };
  };
  try {
    const { auditCounts } = own.ctx;
    for (const subject of ['\0', '\0\0']) auditCounts.add(readOf('x"\ny', { subject }));
    auditCounts.add(
      readOf('', { subject: '\0', origin: { actor: null, requestId: null, address: '192.0.2.8' } }),
    );
    auditCounts.add(readOf('z'));
    await auditCounts.flush();
    const time = /\d{4}-\d\d-\d\dT[\d:.]+Z/g;
    const { code, lines } = await audit('verify');
    expect(code).toBe(1);
    expect(
      lines.map((line) => line.replaceAll(time, 'TIME').replace('from TIME to TIME', 'at TIME')),
    ).toEqual([
      String.raw`"x\"\ny": 2 refused by the database (SQLSTATE 22021) at TIME`,
      'the service: 1 refused by the database (SQLSTATE 22021) at TIME',
    ]);
    expect(await audit('verify', '--refused', '3')).toEqual({
      code: 0,
      lines: ['1 entries in 1 chains, each as it was written'],
    });
    expect((await audit('verify', '--refused', '2')).code).toBe(1);
    expect(await audit('verify', '--refused', '4')).toEqual({
      code: 1,
      lines: ['the service: of 4 refused entries that are known, 3 are there'],
    });
    const listed = (await audit('refused')).lines.map((line) => JSON.parse(line));
    expect(listed).toHaveLength(3);
    expect(listed[0]).toEqual({
      refused_at: expect.stringMatching(time),
      sqlstate: '22021',
      entry: { ...readOf('x"\ny', { subject: '\0' }), count: 1 },
    });
    expect(await audit('verify', '--refused', 'x')).toMatchObject({
      code: 1,
      lines: [expect.stringContaining('wants')],
    });
  } finally {
    await own.close();
  }
});
