import { randomUUID, scryptSync } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createDb } from '../../src/db/pool.ts';
import { buildApp } from '../../src/http/app.ts';
import { createContext } from '../../src/process/context.ts';
import { mintToken, type Reply, startApp, type TestApp } from '../support/app.ts';
import { patience } from '../support/patience.ts';

const password = 'gentle-otter-42';
const registerPath = '/api/v1/auth/register';
const loginPath = '/api/v1/auth/login';
const logoutPath = '/api/v1/auth/logout';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const newEmail = () => `ada.${randomUUID()}@example.com`;
const person = (more: Record<string, unknown> = {}) => ({
  email: newEmail(),
  password,
  first_name: 'Ada',
  last_name: 'Lovelace',
  ...more,
});
const post = (path: string, body: unknown, token?: string) =>
  app.request('POST', path, { body, ...(token === undefined ? {} : { token }) });

const granted = (user: unknown) => ({
  access_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
  token_type: 'bearer',
  expires_in: 604_800,
  user,
});

async function registered(more: Record<string, unknown> = {}) {
  const input = person(more);
  const reply = await post(registerPath, input);
  expect(reply.status).toBe(201);
  return { input, token: String(reply.body.access_token), user: reply.body.user };
}

const tasksOf = (userId: string, token: string) =>
  app.request('GET', `/api/v1/users/${userId}/tasks`, { token });

/** An error without the parts that differ per request. */
function essence({ status, body, headers }: Reply) {
  const { request_id: _, timestamp: __, ...rest } = body;
  return { status, rest, challenge: headers.get('www-authenticate') };
}

async function countUsers(email: string): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from better_auth."user" where lower(email) = lower(${email})`.execute(
    app.ctx.db,
  );
  return rows[0]?.n ?? -1;
}

describe('register', () => {
  test('makes an account and answers 201 with a flat grant', async () => {
    const input = person();
    const { status, body, headers } = await post(registerPath, input);
    expect(status).toBe(201);
    const user = {
      id: expect.stringMatching(/^.{1,255}$/),
      email: input.email,
      first_name: 'Ada',
      last_name: 'Lovelace',
      role: 'user',
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    };
    expect(body).toEqual({ ...granted(user), message: 'User registered successfully', status_code: 201 });
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('set-cookie')).toBeNull();
  });

  test('trims names and the address, and an empty last name is a name', async () => {
    const email = newEmail();
    const { user } = await registered({ email: `  ${email}\t`, first_name: '  Ada ', last_name: '  ' });
    expect(user).toMatchObject({ email, first_name: 'Ada', last_name: '' });
  });

  test('refuses an address that is taken, in any case', async () => {
    const { input } = await registered();
    for (const email of [input.email, input.email.toUpperCase()]) {
      const { status, body } = await post(registerPath, person({ email }));
      expect([status, body.error_code]).toEqual([409, 'EMAIL_TAKEN']);
    }
    expect(await countUsers(input.email)).toBe(1);
  });

  test('10 registrations of one address at once: one is made, the others conflict', async () => {
    const email = newEmail();
    const replies = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        post(registerPath, person({ email: index % 2 === 0 ? email : email.toUpperCase() })),
      ),
    );
    expect(replies.filter(({ status }) => status === 201)).toHaveLength(1);
    const others = replies.filter(({ status, body }) => status === 409 && body.error_code === 'EMAIL_TAKEN');
    expect(others).toHaveLength(9);
    expect(await countUsers(email)).toBe(1);
  });

  test.each([
    [{ role: 'admin' }, 'role'],
    [{ id: 'chosen' }, 'id'],
    [{ emailVerified: true }, 'emailVerified'],
    [{ email: undefined }, 'email'],
    [{ email: 'ada@localhost' }, 'email'],
    [{ email: `${'a'.repeat(250)}@example.com` }, 'email'],
    [{ email: ['ada@example.com'] }, 'email'],
    [{ first_name: '' }, 'first_name'],
    [{ first_name: '   ' }, 'first_name'],
    [{ first_name: 'x'.repeat(101) }, 'first_name'],
    [{ last_name: null }, 'last_name'],
    [{ last_name: 'a\0b' }, 'last_name'],
    [{ last_name: '\ud800' }, 'last_name'],
    [{ password: undefined }, 'password'],
    [{ password: 12_345_678 }, 'password'],
  ])('refuses %j, names %s and stores nothing', async (wrong, field) => {
    const input = person(wrong);
    const { status, body } = await post(registerPath, input);
    expect([status, body.error_code]).toEqual([422, 'VALIDATION_ERROR']);
    expect(body.errors.map((issue: { loc: unknown }) => issue.loc)).toContainEqual(['body', field]);
    if (typeof input.email === 'string') expect(await countUsers(input.email)).toBe(0);
  });
});

describe('passwords', () => {
  test.each([
    ['7 characters', 'k7#pQz!', 422],
    ['8 characters', 'k7#pQz!m', 201],
    ['64 characters', 'k7#pQz!m'.repeat(8), 201],
    ['128 characters', 'k7#pQz!m'.repeat(16), 201],
    ['129 characters', `${'k7#pQz!m'.repeat(16)}x`, 422],
    ['inner and outer spaces', '  my pass phrase ', 201],
    ['emoji', '🦦🦦🦦🦦 river', 201],
    ['a common one', 'password123', 422],
    ['a common one in capitals', 'PASSWORD123', 422],
    ['NUL', 'gentle\0otter', 422],
  ])('%s: %s → %i', async (_name, chosen, status) => {
    const input = person({ password: chosen });
    const reply = await post(registerPath, input);
    expect(reply.status).toBe(status);
    if (status === 422) {
      expect(reply.body.errors[0].loc).toEqual(['body', 'password']);
      expect(reply.text).not.toContain(JSON.stringify(chosen).slice(1, -1));
      return;
    }
    expect((await post(loginPath, { email: input.email, password: chosen })).status).toBe(200);
    const altered = chosen.trim() === chosen ? `${chosen} ` : chosen.trim();
    const other = await post(loginPath, { email: input.email, password: altered.slice(-128) });
    expect(other.status).toBe(401);
  });

  test('are stored as a salted scrypt hash only', async () => {
    const [one, two] = [await registered(), await registered()];
    const ids = [one.user.id, two.user.id];
    const { rows } = await sql<{ password: string }>`
      select password from better_auth.account where "userId" = any(${ids})`.execute(app.ctx.db);
    expect(rows).toHaveLength(2);
    for (const row of rows) {
      const [salt = '', key = ''] = row.password.split(':');
      const cost = { N: 16_384, r: 16, maxmem: 2 ** 26 };
      expect(scryptSync(password, salt, 64, cost).toString('hex')).toBe(key);
    }
    expect(rows[0]?.password).not.toBe(rows[1]?.password);
  });
});

describe('login', () => {
  test('answers 200 with a flat grant, whatever the case of the address', async () => {
    const { input, user } = await registered();
    const email = ` ${input.email.toUpperCase()}`;
    const { status, body, headers } = await post(loginPath, { email, password });
    expect(status).toBe(200);
    expect(body).toEqual({ ...granted(user), message: 'Logged in successfully', status_code: 200 });
    expect(headers.get('cache-control')).toBe('no-store');
  });

  test('cannot tell a wrong password from an unknown address', async () => {
    const { input } = await registered();
    const wrong = await post(loginPath, { email: input.email, password: 'wrong-otter-42' });
    const unknown = await post(loginPath, { email: newEmail(), password });
    expect(essence(wrong)).toEqual(essence(unknown));
    expect([wrong.status, wrong.body.error_code]).toEqual([401, 'INVALID_CREDENTIALS']);
    expect(wrong.headers.get('www-authenticate')).toMatch(/^Bearer/);
  });

  test('expires_in and the token follow JWT_MAX_AGE_SECONDS', async () => {
    const short = await startApp({ JWT_MAX_AGE_SECONDS: '120' });
    try {
      const { body } = await short.request('POST', registerPath, { body: person() });
      const { exp, iat } = JSON.parse(Buffer.from(body.access_token.split('.')[1], 'base64url').toString());
      expect([body.expires_in, exp - iat]).toEqual([120, 120]);
    } finally {
      await short.close();
    }
  });
});

describe('the token', () => {
  test('works on both surfaces, for its own user', async () => {
    const { token, user } = await registered();
    const created = await app.request('POST', `/api/${user.id}/tasks`, { token, body: { title: 'one' } });
    expect(created.status).toBe(201);
    const { status, body } = await tasksOf(user.id, token);
    expect([status, body.data.length]).toEqual([200, 1]);
  });

  test('is dead within 1 s of its logout on every instance, and other sessions live on', async () => {
    const { token, user, input } = await registered();
    const { body: other } = await post(loginPath, { email: input.email, password });
    const db = createDb({ connection: app.database.connection, max: 2, log: app.ctx.log });
    const instance = await buildApp(createContext(app.ctx.config, db, app.ctx.log));
    const url = await instance.listen({ host: '127.0.0.1', port: 0 });
    const elsewhere = async (bearer: string) => {
      const headers = { authorization: `Bearer ${bearer}` };
      return (await fetch(`${url}/api/v1/users/${user.id}/tasks`, { headers })).status;
    };
    try {
      expect([await elsewhere(token), (await tasksOf(user.id, token)).status]).toEqual([200, 200]);
      const { status, body } = await post(logoutPath, undefined, token);
      expect(body).toEqual({ data: null, message: 'Logged out successfully', status_code: 200 });
      expect(status).toBe(200);
      await Promise.all([
        vi.waitFor(async () => expect((await tasksOf(user.id, token)).status).toBe(401), patience),
        vi.waitFor(async () => expect(await elsewhere(token)).toBe(401), patience),
      ]);
      expect(await elsewhere(other.access_token)).toBe(200);
      expect((await post(logoutPath, undefined, token)).status).toBe(401);
    } finally {
      await instance.close();
      await db.destroy();
    }
  });

  test('logout wants one; a token minted elsewhere may log out too', async () => {
    expect((await post(logoutPath, undefined)).status).toBe(401);
    const token = await mintToken({ sub: 'a front end user' });
    expect((await post(logoutPath, undefined, token)).body.message).toBe('Logged out successfully');
  });
});
