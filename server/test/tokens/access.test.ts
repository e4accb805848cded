import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { poolStats } from '../../src/db/pool.ts';
import { mintToken, type Reply, startApp, type TestApp } from '../support/app.ts';
import { patience } from '../support/patience.ts';
import { recordStatements } from '../support/record-statements.ts';

const password = 'gentle-otter-42';

let app: TestApp;
/** Another instance on the same database. */
let second: TestApp;
let admin: Account;
beforeAll(async () => {
  app = await startApp();
  second = await startApp({}, app);
  const { id, email } = await register();
  await sql`update better_auth."user" set role = 'admin' where id = ${id}`.execute(app.ctx.db);
  admin = await login(email);
});
afterAll(async () => {
  await second.close();
  await app.close();
});

interface Account {
  id: string;
  email: string;
  token: string;
}

const accountOf = ({ body }: Reply): Account => ({
  id: body.user.id,
  email: body.user.email,
  token: body.access_token,
});

let count = 0;
async function register(): Promise<Account> {
  count += 1;
  const body = { email: `user${count}@example.com`, password, first_name: 'A', last_name: 'B' };
  return accountOf(await app.request('POST', '/api/v1/auth/register', { body }));
}

const login = async (email: string) =>
  accountOf(await app.request('POST', '/api/v1/auth/login', { body: { email, password } }));

const statusOn = async (instance: TestApp, { id, token }: { id: string; token: string }) =>
  (await instance.request('GET', `/api/v1/users/${encodeURIComponent(id)}/tags`, { token })).status;

const statuses = async (user: { id: string; token: string }) => [
  await statusOn(app, user),
  await statusOn(second, user),
];

const asAdmin = (method: string, path: string, body?: unknown) =>
  app.request(method, `/api/v1/admin${path}`, { token: admin.token, ...(body !== undefined && { body }) });

interface Bearer {
  id: string;
  token: string;
}

/**
 * A token must work on both instances, and be refused by both within a second after `act`. Tokens of `others` go on
 * working.
 */
async function dies(user: Bearer, act: () => Promise<unknown>, others: Bearer[] = []): Promise<void> {
  const all = async () => {
    const answers = [];
    for (const bearer of [...others, user]) answers.push(await statuses(bearer));
    return answers;
  };
  const living = others.map(() => [200, 200]);
  expect(await all()).toEqual([...living, [200, 200]]);
  await act();
  // The limit of API.md, "Tokens". On a slow machine this check is only later.
  await sleep(1_000);
  expect(await all()).toEqual([...living, [401, 401]]);
}

const auditOf = async (userId: string) =>
  (
    await sql<{ action: string; actor: string }>`
      select action, actor from duly.audit where user_id = ${userId} order by seq`.execute(app.ctx.db)
  ).rows;

describe("this server's tokens are dead on every instance within 1 s of", () => {
  test('logout; other sessions of the user live on', async () => {
    const user = await register();
    const other = await login(user.email);
    await dies(user, () => app.request('POST', '/api/v1/auth/logout', { token: user.token }), [other]);
  });

  test('a ban, until it is lifted and the user logs in again', async () => {
    const user = await register();
    await dies(user, () => asAdmin('PUT', `/users/${user.id}/ban`, { reason: 'spam' }));
    const { body } = await asAdmin('GET', `/users/${user.id}`);
    expect(body.data).toMatchObject({ ban_reason: 'spam', banned_at: expect.stringMatching(/Z$/) });
    const lifted = await asAdmin('DELETE', `/users/${user.id}/ban`);
    expect(lifted.body.data).toMatchObject({ ban_reason: null, banned_at: null });
    expect(await statuses(user)).toEqual([401, 401]);
    const again = await login(user.email);
    await vi.waitFor(async () => expect(await statuses(again)).toEqual([200, 200]), patience);
  });

  test('a change of the role, with what the old one allowed', async () => {
    const user = await register();
    await asAdmin('PUT', `/users/${user.id}/role`, { role: 'admin' });
    const promoted = await login(user.email);
    const list = (token: string) => app.request('GET', '/api/v1/admin/users', { token });
    await vi.waitFor(async () => expect((await list(promoted.token)).status).toBe(200), patience);
    await dies(promoted, () => asAdmin('PUT', `/users/${user.id}/role`, { role: 'user' }));
    expect((await list((await login(user.email)).token)).status).toBe(403);
  });

  test('an admin ending all sessions', async () => {
    const user = await register();
    await dies(user, () => asAdmin('DELETE', `/users/${user.id}/sessions`));
    expect(await statuses(await login(user.email))).toEqual([200, 200]);
  });

  test('the account being deleted, whoever deletes it', async () => {
    const user = await register();
    await dies(user, () => sql`delete from better_auth."user" where id = ${user.id}`.execute(app.ctx.db));
  });

  test('the session expiring, with no event at all', async () => {
    const user = await register();
    await sql`update better_auth.session set "expiresAt" = now() + interval '3 seconds'
      where "userId" = ${user.id}`.execute(app.ctx.db);
    expect(await statuses(user)).toEqual([200, 200]);
    await vi.waitFor(async () => expect(await statuses(user)).toEqual([401, 401]), patience);
  });
});

describe("another issuer's tokens are dead on every instance within 1 s of", () => {
  /** A token issued some seconds ago: `iat` is in whole seconds. */
  async function foreigner(id: string) {
    const iat = Math.floor(Date.now() / 1000) - 5;
    const token = await mintToken({ sub: id, iat, jti: String(Math.random()) });
    const path = `/api/v1/users/${encodeURIComponent(id)}/tasks`;
    await app.request('POST', path, { token, body: { title: 'mine' } });
    return { id, token };
  }

  test('its logout; other tokens of the user live on', async () => {
    const user = await foreigner('front|one');
    const other = await foreigner('front|one');
    await dies(user, () => app.request('POST', '/api/v1/auth/logout', { token: user.token }), [other]);
  });

  test('a ban, whatever tokens its issuer makes from then on', async () => {
    const user = await foreigner('front|two');
    await dies(user, () => asAdmin('PUT', `/users/${encodeURIComponent(user.id)}/ban`, {}));
    const later = await mintToken({ sub: user.id, iat: Math.floor(Date.now() / 1000) + 2 });
    expect(await statuses({ id: user.id, token: later })).toEqual([401, 401]);
  });

  test('an admin ending all sessions; one issued later, or that tells no time, is told apart', async () => {
    const user = await foreigner('front|three');
    const timeless = { id: user.id, token: await mintToken({ sub: user.id, iat: undefined }) };
    expect(await statuses(timeless)).toEqual([200, 200]);
    await dies(user, () => asAdmin('DELETE', `/users/${encodeURIComponent(user.id)}/sessions`));
    expect(await statuses(timeless)).toEqual([401, 401]);
    const later = await mintToken({ sub: user.id, iat: Math.floor(Date.now() / 1000) + 2 });
    expect(await statuses({ id: user.id, token: later })).toEqual([200, 200]);
  });
});

test('a second after a logout the token is dead on an instance that others kept busy', async () => {
  const user = await register();
  const other = await login(user.email);
  expect([await statuses(user), await statuses(other)]).toEqual([
    [200, 200],
    [200, 200],
  ]);
  await app.request('POST', '/api/v1/auth/logout', { token: user.token });
  // Without requests for a second, so that the second instance reads the access event before the other session's
  // request.
  await sleep(1_000);
  expect(await statusOn(second, other)).toBe(200);
  expect(await statusOn(second, user)).toBe(401);
});

describe('the common request', () => {
  test('asks the database nothing about its token', async () => {
    const user = await register();
    expect(await statuses(user)).toEqual([200, 200]);
    const asked = countStatements();
    for (let i = 0; i < 50; i += 1) expect(await statusOn(app, user)).toBe(200);
    expect(asked('usage_count')).toBe(50);
    expect([asked('better_auth'), asked('user_access'), asked('revoked_tokens')]).toEqual([0, 0, 0]);
  });

  test('asks once after a change, though it is told again while an older transaction is under way', async () => {
    const user = await register();
    await app.ctx.db.transaction().execute(async (older) => {
      await sql`select pg_current_xact_id()`.execute(older);
      expect(await statusOn(app, user)).toBe(200);
      const asked = countStatements();
      await sql`update better_auth."user" set role = 'admin' where id = ${user.id}`.execute(second.ctx.db);
      while (asked('access_events') < 5) expect(await statusOn(app, user)).toBe(200);
      expect(asked('revoked_tokens')).toBe(1);
    });
  });
});

/** @returns a function that counts the executed statements with a text */
function countStatements(): (name: string) => number {
  const { statements: asked, restore } = recordStatements(app.ctx.db);
  onTestFinished(restore);
  return (name) => asked.filter((text) => text.includes(name)).length;
}

describe('an admin', () => {
  test('lists users by id, page by page, accounts and those of other issuers alike', async () => {
    const { id } = await app.newUser('a-front-end-user');
    const token = await mintToken({ sub: id });
    await app.request('POST', `/api/${id}/tasks`, { token, body: { title: 'x' } });
    const seen: string[] = [];
    for (let after = ''; ; ) {
      const { body } = await asAdmin('GET', `/users?limit=2&after=${encodeURIComponent(after)}`);
      seen.push(...body.data.map((user: { id: string }) => user.id));
      if (body.next_after === null) break;
      after = body.next_after;
    }
    expect(seen).toEqual([...new Set(seen)].sort());
    expect(seen).toEqual(expect.arrayContaining([id, admin.id]));
    const { body } = await asAdmin('GET', `/users?search=${admin.email.slice(0, 6).toUpperCase()}`);
    expect(body.data).toEqual(
      expect.arrayContaining([expect.objectContaining({ id: admin.id, role: 'admin' })]),
    );
    const all = await asAdmin('GET', '/users?search=');
    expect(all.body.data).toEqual((await asAdmin('GET', '/users')).body.data);
    const one = await asAdmin('GET', `/users?search=${id}`);
    expect(one.body.data).toEqual([expect.objectContaining({ id, email: null, role: 'user' })]);
  });

  test('leaves an entry in the audit log for every look and act', async () => {
    const user = await register();
    await asAdmin('GET', `/users/${user.id}`);
    await asAdmin('PUT', `/users/${user.id}/ban`, {});
    await asAdmin('DELETE', `/users/${user.id}/ban`);
    await asAdmin('DELETE', `/users/${user.id}/sessions`);
    const acts = (await auditOf(user.id)).filter(({ action }) => action.startsWith('admin.'));
    expect(acts).toEqual(
      ['get', 'ban', 'unban', 'end_sessions'].map((verb) => ({
        action: `admin.user.${verb}`,
        actor: admin.id,
      })),
    );
  });

  test("reads a user's audit log and the service's own, and that is in them", async () => {
    const user = await register();
    const { body } = await asAdmin('GET', `/users/${user.id}/audit?limit=1`);
    expect(body.data).toEqual([expect.objectContaining({ action: 'admin.audit.list', actor: admin.id })]);
    expect(body.pagination.total).toBeGreaterThan(1);
    const next = encodeURIComponent(body.pagination.next_cursor);
    const before = await asAdmin('GET', `/users/${user.id}/audit?cursor=${next}`);
    expect(before.body.data.map(({ action }: { action: string }) => action)).toContain('auth.register');
    const service = await asAdmin('GET', '/audit');
    expect(service.body.data[0]).toMatchObject({ action: 'admin.audit.list', actor: admin.id });
    expect((await asAdmin('GET', '/users/nobody/audit')).status).toBe(404);
    expect((await app.request('GET', '/api/v1/admin/audit', { token: user.token })).status).toBe(403);
  });

  test('is told of users and accounts that are not there', async () => {
    for (const [method, path, body] of [
      ['GET', '', undefined],
      ['PUT', '/ban', {}],
      ['DELETE', '/ban', undefined],
      ['DELETE', '/sessions', undefined],
      ['PUT', '/role', { role: 'admin' }],
    ] as const) {
      expect((await asAdmin(method, `/users/nobody${path}`, body)).status).toBe(404);
    }
    const { id, token } = await app.newUser();
    await app.request('POST', `/api/${id}/tasks`, { token, body: { title: 'x' } });
    expect((await asAdmin('PUT', `/users/${id}/role`, { role: 'admin' })).status).toBe(404);
    expect((await asAdmin('PUT', `/users/${admin.id}/role`, { role: 'root' })).status).toBe(422);
  });

  test('is nobody whose token says so, nor who signs for an admin with the shared secret', async () => {
    for (const sub of ['pretender', admin.id]) {
      const token = await mintToken({ sub, role: 'admin', admin: true, sid: 'x' });
      const { status, body } = await app.request('GET', '/api/v1/admin/users', { token });
      expect([status, body.error_code]).toEqual([403, 'FORBIDDEN']);
    }
  });
});

describe('the service lock', () => {
  const paths = [
    '/api/v1/users/x/tasks',
    '/api/x/tasks',
    '/api/auth/ok',
    '/api/v1/nowhere',
    '/%61pi/x/tasks',
  ];
  const answers = (instance: TestApp, list: string[]) =>
    Promise.all(list.map(async (path) => (await fetch(instance.url + path)).status));

  test('answers 503 everywhere on every instance, but for health and what unlocks', async () => {
    const user = await register();
    expect((await asAdmin('PUT', '/lock')).body.data.locked_at).toMatch(/Z$/);
    try {
      for (const instance of [app, second]) {
        await vi.waitFor(async () => {
          expect(await answers(instance, paths)).toEqual(paths.map(() => 503));
          expect(await statusOn(instance, user)).toBe(503);
        }, patience);
        expect(
          await answers(instance, ['/health', '/health/live', '/health/ready', '/openapi.json']),
        ).toEqual([200, 200, 200, 200]);
      }
      const { body, headers } = await app.request('POST', '/api/v1/auth/login', {
        body: { email: user.email, password },
      });
      expect(body).toMatchObject({
        error_code: 'SERVICE_LOCKED',
        detail: 'The service is locked by its operator',
      });
      expect(headers.get('retry-after')).toBe('60');
      const origin = 'http://localhost:3000';
      const seen = await app.request('GET', '/api/v1/users/x/tasks', { headers: { origin } });
      expect([seen.status, seen.headers.get('access-control-allow-origin')]).toEqual([503, origin]);
      expect((await asAdmin('GET', '/lock')).body.data.locked_at).toMatch(/Z$/);
      expect((await app.request('DELETE', '/api/v1/admin/lock', { token: user.token })).status).toBe(403);
    } finally {
      expect((await asAdmin('DELETE', '/lock')).body.data).toEqual({ locked_at: null });
    }
    await vi.waitFor(async () => expect(await statuses(user)).toEqual([200, 200]), patience);
    const entries = (await auditOf('')).filter(({ action }) => action.startsWith('service.'));
    expect(entries.map(({ action }) => action)).toEqual(['service.lock', 'service.unlock']);
  });
});

test('an answer of the database that came while the whole process stood still is not too late', async () => {
  const third = await startApp({}, app);
  onTestFinished(() => third.close());
  const { db } = third.ctx;
  // Opens a connection first, because opening one has its own time-out.
  await sql`select 1`.execute(db);
  const pending = statusOn(third, await third.newUser());
  const isAsking = () => poolStats(db).total - poolStats(db).idle > 0;
  while (!isAsking()) await nextTurn();
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_200);
  expect(await pending).toBe(200);
});
