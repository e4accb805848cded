import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import document from '../../openapi.json' with { type: 'json' };
import { createAuditCounts } from '../../src/audit/counts.ts';
import type { AuditEntry } from '../../src/audit/model.ts';
import { createRefusedEntries } from '../../src/audit/refused-entries.ts';
import type { Db } from '../../src/db/schema.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { auditActionsOf, auditEntriesOf, type StoredAuditEntry } from '../support/audit.ts';
import { silentLog } from '../support/log.ts';
import { linksOf, newClient } from '../support/tasks.ts';

let app: TestApp;
let db: Db;
beforeAll(async () => {
  app = await startApp();
  ({ db } = app.ctx);
});
afterAll(() => app.close());

const address = '127.0.0.1';
const flush = () => app.ctx.auditCounts.flush();
const requestId = () => ({ 'x-request-id': randomUUID() });

describe('a change', () => {
  test('has exactly one entry on either surface: who, what, to which, from where, by which request', async () => {
    const { user, v1, bare, create } = await newClient(app);
    const expected: Partial<StoredAuditEntry>[] = [];
    for (const [surface, send] of [
      ['v1', v1],
      ['bare', bare],
    ] as const) {
      const { id } = await create();
      expected.push({ action: 'task.create', subject: id, request_id: expect.any(String) });
      for (const [method, path, body, action] of [
        ['PUT', `/tasks/${id}`, { title: `${surface} put` }, 'task.update'],
        ['PATCH', `/tasks/${id}`, { title: `${surface} patch` }, 'task.update'],
        ['PATCH', `/tasks/${id}/complete`, { completed: true }, 'task.complete'],
        ['DELETE', `/tasks/${id}`, undefined, 'task.delete'],
      ] as const) {
        const headers = requestId();
        expect((await send(method, path, body, headers)).status).toBeLessThan(300);
        expected.push({ action, subject: id, request_id: headers['x-request-id'] });
      }
      const headers = requestId();
      const made = await send('POST', '/tasks', { title: 'one' }, headers);
      const subject = made.body.data?.id ?? made.body.id;
      expected.push({ action: 'task.create', subject, request_id: headers['x-request-id'] });
    }
    const same = { user_id: user.id, actor: user.id, outcome: 'success', count: 1, address };
    expect(await auditEntriesOf(db, user.id)).toEqual(
      expected.map((entry, index) => ({ ...same, ...entry, seq: index + 1 })),
    );
  });

  test('that is refused, rolled back or changes nothing has no entry', async () => {
    const { user, v1, bare, create } = await newClient(app);
    const { id } = await create({ title: 'same' });
    const path = `/tasks/${id}`;
    for (const [status, reply] of [
      [200, v1('PATCH', path, {})],
      [200, v1('PATCH', path, { title: 'same' })],
      [409, v1('PATCH', path, { title: 'other', version: 9 })],
      [412, bare('PATCH', path, { title: 'other' }, { 'if-match': '"9"' })],
      [422, v1('PATCH', path, { title: '' })],
      [404, v1('DELETE', `/tasks/${randomUUID()}`)],
    ] as const) {
      expect((await reply).status).toBe(status);
    }
    expect(await auditActionsOf(db, user.id)).toEqual(['task.create success']);
  });

  test('50 parallel ones of one user and 50 of others make unbroken chains', async () => {
    const client = await newClient(app);
    const others = await Promise.all(Array.from({ length: 5 }, () => newClient(app)));
    const all = [...Array(5).fill(client), ...others].flatMap((each) =>
      Array.from({ length: 10 }, () => each.create()),
    );
    await Promise.all(all);
    expect((await auditEntriesOf(db, client.user.id)).map(({ seq }) => seq)).toEqual(
      Array.from({ length: 50 }, (_, index) => index + 1),
    );
  });
});

test('nothing of what users write is in the log: no title, text, tag, search, address or password', async () => {
  const mark = `canary${randomUUID().slice(0, 8)}`;
  const { v1, bare, create } = await newClient(app);
  const { id } = await create({ title: mark, description: mark, tags: [mark] });
  await bare('PATCH', `/tasks/${id}`, { title: `${mark}2`, tags: [`${mark}2`] });
  await v1('GET', `/tasks?search=${mark}&tags=${mark}`);
  await v1('GET', `/tags?search=${mark}`);
  const account = { email: `${mark}@example.com`, password: `${mark}-otter-42` };
  await app.request('POST', '/api/v1/auth/register', {
    body: { ...account, first_name: mark, last_name: mark },
  });
  for (const path of ['/api/v1/auth/login', '/api/auth/sign-in/email', `/api/auth/${mark}`]) {
    await app.request('POST', path, { body: account });
    await app.request('POST', path, { body: { ...account, email: `x${mark}@example.com` } });
    await app.request('POST', path, { body: { ...account, password: `${mark}-wrong` } });
  }
  await v1('GET', '/tasks', undefined, { authorization: `Bearer ${mark}` });
  await flush();
  const { rows } = await sql<{ text: string }>`select to_jsonb(a)::text as text from duly.audit a`.execute(
    db,
  );
  expect(rows.length).toBeGreaterThan(8);
  expect(rows.filter(({ text }) => text.includes(mark))).toEqual([]);
});

test('the table takes no update, delete or truncate, from the role of the service either', async () => {
  const { user, create } = await newClient(app);
  await create();
  for (const statement of [
    sql`update duly.audit set action = 'x' where user_id = ${user.id}`,
    sql`delete from duly.audit where user_id = ${user.id}`,
    sql`truncate duly.audit`,
  ]) {
    await expect(statement.execute(db)).rejects.toMatchObject({ code: '42501' });
  }
  expect(await auditActionsOf(db, user.id)).toEqual(['task.create success']);
});

describe('reads', () => {
  test('by the owner are counted exactly: one entry for user and operation', async () => {
    const { user, v1, bare, create, list } = await newClient(app);
    const { id } = await create();
    await flush();
    await Promise.all(Array.from({ length: 30 }, () => list()));
    for (let i = 0; i < 3; i += 1) await bare('GET', '/tasks');
    for (const send of [v1, bare]) {
      await send('GET', `/tasks/${id}`);
      await send('GET', '/tags');
    }
    await v1('GET', `/tasks/${randomUUID()}`);
    await v1('GET', '/tasks?limit=0');
    await flush();
    const counted = (await auditEntriesOf(db, user.id)).slice(1);
    const same = { actor: user.id, outcome: 'success', subject: null, request_id: null, address };
    expect(counted.map(({ action, count }) => [action, count])).toEqual([
      ['task.list', 33],
      ['task.get', 2],
      ['tag.list', 2],
    ]);
    for (const entry of counted) expect(entry).toMatchObject(same);
  });

  const operations = Object.entries(document.paths)
    .filter(([path]) => path.includes('{user_id}') && !path.includes('/admin/'))
    .flatMap(([path, methods]) => ('get' in methods ? [[methods.get.operationId, path] as const] : []));
  test.each(operations)('%s is among what is counted', async (_, path) => {
    const { user, create } = await newClient(app);
    const { id } = await create();
    const url = path.replace('{user_id}', user.id).replace('{task_id}', id);
    if (url.includes('{')) return;
    // A stream has no end: the first bytes are enough.
    const reading = new AbortController();
    const { status } = await fetch(app.url + url, {
      headers: { authorization: `Bearer ${user.token}` },
      signal: reading.signal,
    });
    reading.abort();
    expect(status).toBe(200);
    await flush();
    const [, counted, ...more] = await auditEntriesOf(db, user.id);
    expect([counted?.action, more]).toEqual([
      expect.stringMatching(/^[a-z_]+\.(list|get|stream|export)$/),
      [],
    ]);
  });

  test('of the last window are stored when the server closes', async () => {
    const other = await startApp();
    const user = await other.newUser();
    await other.request('GET', `${user.v1}/tasks`, user);
    let stored: StoredAuditEntry[] = [];
    const { close } = other.ctx.auditCounts;
    other.ctx.auditCounts.close = async () => {
      await close();
      stored = await auditEntriesOf(other.ctx.db, user.id);
    };
    await other.close();
    expect(stored).toMatchObject([{ action: 'task.list', count: 1 }]);
  });
});

describe('what is refused', () => {
  test("access to another's data is in the chain of who tried, and in no other", async () => {
    const [attacker, victim] = [await newClient(app), await app.newUser()];
    const made = `made-up-${randomUUID()}`;
    const send = (method: string, path: string) =>
      app.request(method, path, { token: attacker.user.token, body: method === 'GET' ? undefined : {} });
    for (let i = 0; i < 3; i += 1) await send('GET', `${victim.v1}/tasks`);
    await send('POST', `${victim.bare}/tasks`);
    await send('GET', `/api/v1/users/${made}/audit`);
    for (const wrong of ['%00', 'x'.repeat(300)]) await send('GET', `/api/v1/users/${wrong}/tasks`);
    await send('GET', '/api/v1/admin/users');
    await flush();
    const counted = (await auditEntriesOf(db, attacker.user.id)).map(
      ({ action, subject, outcome, count }) => [action, subject, outcome, count],
    );
    expect(counted).toEqual([
      ['task.list', victim.id, 'denied', 3],
      ['task.create', victim.id, 'denied', 1],
      ['audit.list', made, 'denied', 1],
      ['task.list', null, 'denied', 2],
      ['admin.user.list', null, 'denied', 1],
    ]);
    expect(await auditEntriesOf(db, victim.id)).toEqual([]);
    expect(await auditEntriesOf(db, made)).toEqual([]);
  });

  test('a flood of refused tokens is one entry for the address', async () => {
    await flush();
    const before = (await auditEntriesOf(db, '')).length;
    const { v1 } = await app.newUser();
    await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        app.request('GET', `${v1}/tasks`, index % 2 ? {} : { token: `bad.token.${index}` }),
      ),
    );
    await flush();
    expect((await auditEntriesOf(db, '')).slice(before)).toMatchObject([
      { action: 'token.use', outcome: 'failure', actor: null, count: 200, address, request_id: null },
    ]);
  });

  test('from very many addresses, or of very many users, is a bounded number of entries, and none is lost', async () => {
    await flush();
    const before = (await auditEntriesOf(db, '')).length;
    const user = await app.newUser();
    const entry = (userId: string, index: number): AuditEntry => ({
      userId,
      origin: { actor: userId || null, requestId: `r${index}`, address: `2001:db8::${index}` },
      action: 'token.use',
      subject: userId === '' ? null : `other-${index}`,
      outcome: 'denied',
    });
    for (let i = 0; i < 3_000; i += 1) {
      app.ctx.auditCounts.add(entry('', i));
      app.ctx.auditCounts.add(entry(user.id, i));
    }
    await flush();
    for (const entries of [(await auditEntriesOf(db, '')).slice(before), await auditEntriesOf(db, user.id)]) {
      expect(entries).toHaveLength(101);
      expect(entries.reduce((sum, { count }) => sum + count, 0)).toBe(3_000);
      expect(entries.at(-1)).toMatchObject({ subject: null, address: null, count: 2_900 });
    }
  });
});

describe('while the database is away', () => {
  const unreachable = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });

  /** Counts whose database handle fails while `away`. */
  function breakable() {
    const state = { away: true };
    const handle = new Proxy(db, {
      get(target, name) {
        if (name === 'transaction' && state.away) throw unreachable;
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    return { state, counts: createAuditCounts(handle, silentLog, createRefusedEntries(handle, silentLog)) };
  }
  const read = (userId: string): AuditEntry => ({
    userId,
    origin: { actor: userId, requestId: null, address },
    action: 'task.list',
    outcome: 'success',
  });

  test('counts are kept, and stored when it is back', async () => {
    const { state, counts } = breakable();
    const userId = randomUUID();
    for (let i = 0; i < 5; i += 1) {
      counts.add(read(userId));
      await counts.flush();
    }
    expect(await auditEntriesOf(db, userId)).toEqual([]);
    state.away = false;
    await counts.flush();
    expect(await auditEntriesOf(db, userId)).toMatchObject([{ action: 'task.list', count: 5 }]);
  });

  test('they take a bounded number of places', { timeout: 300_000 }, async () => {
    const { state, counts } = breakable();
    const prefix = randomUUID();
    for (let i = 0; i < 45_000; i += 1) counts.add(read(`${prefix}-${i}`));
    await counts.flush();
    state.away = false;
    await counts.flush();
    const { rows } = await sql<{ stored: number }>`
      select count(*)::int as stored from duly.audit where user_id like ${`${prefix}-%`}`.execute(db);
    expect(rows[0]?.stored).toBe(20_000);
  });
});

describe('the list', () => {
  test('shows its owner the own chain, newest first, page by page in both directions', async () => {
    const { user, v1, create, follow } = await newClient(app);
    for (let i = 0; i < 5; i += 1) await create();
    const whole = await v1('GET', '/audit');
    expect(whole.body.data.map(({ seq }: StoredAuditEntry) => seq)).toEqual([5, 4, 3, 2, 1]);
    expect(whole.body).toMatchObject({
      pagination: { total: 5, limit: 50, next_cursor: null },
      status_code: 200,
    });
    expect(whole.body.data[0]).toEqual({
      seq: 5,
      at: expect.stringMatching(/^\d{4}-.*Z$/),
      actor: user.id,
      action: 'task.create',
      subject: expect.any(String),
      outcome: 'success',
      count: 1,
      request_id: expect.any(String),
      address,
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });

    const seen: number[][] = [];
    let page = await v1('GET', '/audit?limit=2');
    for (;;) {
      seen.push(page.body.data.map(({ seq }: StoredAuditEntry) => seq));
      expect(page.headers.get('x-total-count')).toBe('5');
      const { next } = linksOf(page);
      if (next === undefined) break;
      page = await follow(next);
    }
    expect(seen).toEqual([[5, 4], [3, 2], [1]]);
    const { prev = '' } = linksOf(page);
    expect((await follow(prev)).body.data.map(({ seq }: StoredAuditEntry) => seq)).toEqual([3, 2]);
  });

  test('is empty for a user without entries, and refuses invalid parameters', async () => {
    const { v1 } = await newClient(app);
    expect((await v1('GET', '/audit')).body).toMatchObject({ data: [], pagination: { total: 0 } });
    for (const query of ['limit=0', 'limit=101', 'cursor=x', 'offset=1', 'user_id=x']) {
      expect((await v1('GET', `/audit?${query}`)).status).toBe(422);
    }
  });

  test("is of nobody else's: neither the path nor a cursor opens another chain", async () => {
    const [owner, other] = [await newClient(app), await newClient(app)];
    for (let i = 0; i < 2; i += 1) await owner.create();
    const { body } = await owner.v1('GET', '/audit?limit=1');
    const cursor = encodeURIComponent(body.pagination.next_cursor);
    expect((await other.v1('GET', `/audit?cursor=${cursor}`)).status).toBe(422);
    const { status } = await app.request('GET', `${owner.user.v1}/audit`, other.user);
    expect(status).toBe(403);
  });
});
