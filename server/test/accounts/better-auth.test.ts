import { randomUUID } from 'node:crypto';
import { createAuthClient } from 'better-auth/client';
import { inferAdditionalFields, jwtClient } from 'better-auth/client/plugins';
import { getMigrations } from 'better-auth/db/migration';
import { decodeJwt } from 'jose';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { ensureSigningKey } from '../../src/accounts/signing-key.ts';
import { createDb } from '../../src/db/pool.ts';
import { buildApp } from '../../src/http/app.ts';
import { createContext } from '../../src/process/context.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { createDatabase } from '../support/database.ts';
import { patience } from '../support/patience.ts';

const password = 'gentle-otter-42';
const origin = 'http://localhost:3000';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const newEmail = () => `grace.${randomUUID()}@example.com`;

/** Better Auth's own client as in a front end, with a separate cookie jar. */
function newClient() {
  const cookies = new Map<string, string>();
  async function browserFetch(input: string | URL | Request, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set('origin', origin);
    headers.set('cookie', [...cookies].map((pair) => pair.join('=')).join('; '));
    const response = await fetch(input, { ...init, headers });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (/max-age=0/i.test(line)) cookies.delete(name);
      else cookies.set(name, value);
    }
    return response;
  }
  const name = { type: 'string', required: false } as const;
  return createAuthClient({
    baseURL: `${app.url}/api/auth`,
    fetchOptions: { customFetchImpl: browserFetch },
    plugins: [jwtClient(), inferAdditionalFields({ user: { firstName: name, lastName: name } })],
  });
}

type Client = ReturnType<typeof newClient>;

async function signedUp(email = newEmail()) {
  const client = newClient();
  const { data, error } = await client.signUp.email({ email, password, name: 'Grace Hopper' });
  if (data === null) throw new Error(`sign-up refused: ${JSON.stringify(error)}`);
  return { client, email, user: data.user, jwt: await jwtOf(client) };
}

async function jwtOf(client: Client): Promise<string> {
  const { data } = await client.token();
  return data?.token ?? '';
}

const tasks = (userId: string, token: string) =>
  app.request('GET', `/api/v1/users/${userId}/tasks`, { token });
const isDead = (userId: string, token: string) =>
  vi.waitFor(async () => expect((await tasks(userId, token)).status).toBe(401), patience);

describe("Better Auth's own client", () => {
  test('signs up, keeps a session, gets a JWT that works on both surfaces, signs out and the JWT dies', async () => {
    const { client, email, user, jwt } = await signedUp();
    expect(user).toMatchObject({ email, name: 'Grace Hopper', emailVerified: false });
    expect((await client.getSession()).data?.user.id).toBe(user.id);

    const { sub, sid, iss, aud, iat = 0, exp = 0, ...others } = decodeJwt(jwt);
    const { baseUrl } = app.ctx.config.auth;
    expect({ sub, iss, aud }).toEqual({ sub: user.id, iss: baseUrl, aud: baseUrl });
    expect(exp - iat).toBe(900);
    expect([typeof sid, others]).toEqual(['string', {}]);

    const bare = await app.request('POST', `/api/${user.id}/tasks`, { token: jwt, body: { title: 'x' } });
    expect(bare.status).toBe(201);
    expect((await tasks(user.id, jwt)).body.data).toHaveLength(1);

    expect((await client.signOut()).data).toEqual({ success: true });
    await isDead(user.id, jwt);
    expect((await client.getSession()).data).toBeNull();
  });

  test('signs in, and a wrong password is refused', async () => {
    const { email, user } = await signedUp();
    const client = newClient();
    expect((await client.signIn.email({ email, password: 'wrong-otter-42' })).error?.status).toBe(401);
    expect((await client.signIn.email({ email, password })).data?.user.id).toBe(user.id);
    expect((await tasks(user.id, await jwtOf(client))).status).toBe(200);
  });

  test('finds the public keys, and only those, at /jwks', async () => {
    const { data } = await newClient().jwks();
    expect(data?.keys).toEqual([
      { kid: expect.any(String), alg: 'EdDSA', kty: 'OKP', crv: 'Ed25519', x: expect.any(String) },
    ]);
  });

  test('changes a password: the tokens of every session from before are dead', async () => {
    const { client, email, user, jwt } = await signedUp();
    const other = newClient();
    await other.signIn.email({ email, password });
    const otherJwt = await jwtOf(other);
    expect((await tasks(user.id, otherJwt)).status).toBe(200);
    const common = await client.changePassword({ currentPassword: password, newPassword: 'password123' });
    expect(common.error).toMatchObject({ status: 400, code: 'PASSWORD_TOO_COMMON' });
    const change = { currentPassword: password, newPassword: 'quiet-heron-77', revokeOtherSessions: false };
    expect((await client.changePassword(change)).error).toBeNull();
    await Promise.all([isDead(user.id, jwt), isDead(user.id, otherJwt)]);
    expect((await tasks(user.id, await jwtOf(client))).status).toBe(200);
  });
});

describe('v1 and Better Auth have the same users', () => {
  test('an account that `/api/v1` registered signs in through Better Auth', async () => {
    const email = newEmail();
    const body = { email, password, first_name: 'Grace', last_name: 'Hopper' };
    const { body: registered } = await app.request('POST', '/api/v1/auth/register', { body });
    const { data } = await newClient().signIn.email({ email, password });
    expect(data?.user).toMatchObject({ id: registered.user.id, name: 'Grace Hopper' });
  });

  test('an account made through Better Auth logs in through `/api/v1`, with both names filled', async () => {
    const { email, user } = await signedUp();
    const { status, body } = await app.request('POST', '/api/v1/auth/login', { body: { email, password } });
    expect(status).toBe(200);
    expect(body.user).toMatchObject({ id: user.id, first_name: 'Grace Hopper', last_name: '' });

    const named = newEmail();
    const client = newClient();
    await client.signUp.email({
      email: named,
      password,
      name: 'G H',
      firstName: 'Grace',
      lastName: 'Hopper',
    });
    const login = await app.request('POST', '/api/v1/auth/login', { body: { email: named, password } });
    expect(login.body.user).toMatchObject({ first_name: 'Grace', last_name: 'Hopper' });
  });
});

describe('what Better Auth is not left to decide', () => {
  const signUp = (body: unknown, headers = {}) =>
    app.request('POST', '/api/auth/sign-up/email', { body, headers: { origin, ...headers } });
  const person = (more = {}) => ({ email: newEmail(), password, name: 'Grace', ...more });

  test.each([
    ['a common password', { password: 'Password123' }],
    ['a short password', { password: 'k7#pQz!' }],
    ['a long password', { password: 'k7#pQz!m'.repeat(17) }],
    ['NUL in a name', { name: 'Gr\0ce' }],
    ['a lone surrogate in a name', { name: 'Gr\ud800ce' }],
    ['an address that is none', { email: 'grace' }],
  ])('refuses %s with 4xx', async (_what, wrong) => {
    const { status } = await signUp(person(wrong));
    expect([400, 422]).toContain(status);
  });

  test('a sign-up cannot choose its role, id or verification', async () => {
    const body = person({ id: 'chosen', emailVerified: true });
    const { status, body: made } = await signUp(body);
    expect([status, made.user.emailVerified]).toEqual([200, false]);
    expect(made.user.id).not.toBe('chosen');
    expect((await signUp(person({ role: 'admin' }))).status).toBe(400);
    const register = { email: newEmail(), password, first_name: 'G', last_name: 'H', role: 'admin' };
    expect((await app.request('POST', '/api/v1/auth/register', { body: register })).status).toBe(422);
  });

  test('nor can a user take one later', async () => {
    const { client, user } = await signedUp();
    for (const more of [
      { role: 'admin' },
      { emailVerified: true },
      { twoFactorEnabled: true },
      { id: 'x' },
    ]) {
      await client.$fetch('/update-user', { method: 'POST', body: { name: 'Grace', ...more } });
    }
    const { rows } = await sql`
      select id, role, "emailVerified", "twoFactorEnabled" from better_auth."user" where id = ${user.id}`.execute(
      app.ctx.db,
    );
    expect(rows).toEqual([{ id: user.id, role: 'user', emailVerified: false, twoFactorEnabled: false }]);
  });

  test("a banned user's sign-in is answered as one with a wrong password", async () => {
    const { email, user } = await signedUp();
    await sql`insert into duly.user_access (user_id, banned_at) values (${user.id}, now())`.execute(
      app.ctx.db,
    );
    for (const path of ['/api/auth/sign-in/email', '/api/v1/auth/login']) {
      const [banned, wrong] = await Promise.all(
        [password, 'wrong-otter-42'].map((given) =>
          app.request('POST', path, { body: { email, password: given }, headers: { origin } }),
        ),
      );
      const { request_id: _, timestamp: __, ...body } = banned?.body ?? {};
      expect([banned?.status, wrong?.body]).toEqual([401, expect.objectContaining(body)]);
      expect(banned?.headers.getSetCookie()).toEqual([]);
    }
    const { rows } = await sql`select from better_auth.session where "userId" = ${user.id}`.execute(
      app.ctx.db,
    );
    expect(rows).toHaveLength(1);
  });

  test('a sign-in by a form is refused, from elsewhere with 403', async () => {
    const { email } = await signedUp();
    const body = new URLSearchParams({ email, password }).toString();
    const forms: [Record<string, string>, number][] = [
      [{ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }, 403],
      [{ origin: 'https://evil.example' }, 403],
      [{ origin }, 415],
      [{}, 415],
    ];
    for (const [more, status] of forms) {
      const headers = { 'content-type': 'application/x-www-form-urlencoded', ...more };
      const refused = await app.request('POST', '/api/auth/sign-in/email', { body, headers });
      expect([more, refused.status, refused.headers.getSetCookie()]).toEqual([more, status, []]);
      expect((await app.request('POST', '/api/v1/auth/login', { body, headers })).status).toBe(415);
    }
  });

  test('there is nothing of the admin plugin, the error page, mail changes without a password, social login', async () => {
    const { client, user } = await signedUp();
    await sql`update better_auth."user" set role = 'admin' where id = ${user.id}`.execute(app.ctx.db);
    const { headers } = await app.request('POST', '/api/auth/sign-in/email', {
      body: { email: user.email, password },
      headers: { origin },
    });
    const cookie = headers
      .getSetCookie()
      .map((line) => line.split(';')[0])
      .join('; ');
    const read = [
      '/admin/list-users',
      '//admin/list-users',
      '/admin//list-users',
      '/%61dmin/list-users',
      '/admin%2flist-users',
      '/x/../admin/list-users',
      '/ADMIN/list-users',
      '/admin/list-users/',
      '/error',
      '//error',
      '/%65rror',
      '/error/',
    ];
    for (const path of read) {
      const { status } = await app.request('GET', `/api/auth${path}`, { headers: { cookie } });
      expect([path, status]).toEqual([path, 404]);
    }
    for (const path of ['/change-email', '/delete-user', '/sign-in/social', '/admin/set-role']) {
      const { error } = await client.$fetch(path, { method: 'POST', body: { newEmail: newEmail() } });
      expect([path, error?.status]).toEqual([path, 404]);
    }
  });

  test.each(['https://evil.example', 'http://localhost:3000.evil.example', 'ftp://localhost:3000', 'null'])(
    'an origin that is not ours is refused with 403: %s',
    async (untrusted) => {
      const body = person();
      expect((await signUp(body, { origin: untrusted })).status).toBe(403);
      expect((await signUp(body)).status).toBe(200);
      expect((await signUp(body, { origin: untrusted, cookie: 'a=b' })).status).toBe(403);
    },
  );

  test('a body over 16 kB is refused with 413', async () => {
    expect((await signUp(person({ name: 'x'.repeat(17_000) }))).status).toBe(413);
  });
});

describe('its tables', () => {
  test('have all that Better Auth would create or add', async () => {
    const { toBeCreated, toBeAdded } = await getMigrations((await app.ctx.betterAuth()).options);
    expect({ toBeCreated, toBeAdded }).toEqual({ toBeCreated: [], toBeAdded: [] });
  });

  test('hold one signing key after 20 first requests to two servers that start together, none of it in clear', async () => {
    const database = await createDatabase();
    const servers = [1, 2].map(() => {
      const db = createDb({ connection: database.connection, max: 15, log: app.ctx.log });
      return { db, ctx: createContext(app.ctx.config, db, app.ctx.log) };
    });
    const instances = await Promise.all(servers.map(({ ctx }) => buildApp(ctx)));
    try {
      const answers = await Promise.all(
        servers.map(async ({ ctx }, index) => {
          await ensureSigningKey(ctx.db, ctx.config.auth.secrets);
          const url = await instances[index]?.listen({ host: '127.0.0.1', port: 0 });
          const replies = Array.from({ length: 10 }, () => fetch(`${url}/api/auth/jwks`));
          // On a busy machine some may get a 503; all others must get the same key.
          const good = (await Promise.all(replies)).filter(({ status }) => status !== 503);
          return Promise.all(good.map((reply) => reply.text()));
        }),
      );
      expect(new Set(answers.flat()).size).toBe(1);
      const { rows } = await sql<{ publicKey: string; privateKey: string }>`
        select "publicKey", "privateKey" from better_auth.jwks`.execute(servers[0]?.db ?? app.ctx.db);
      expect(rows).toHaveLength(1);
      expect(rows[0]?.publicKey).not.toContain('"d"');
      expect(rows[0]?.privateKey).toMatch(/^"\$ba\$\d+\$[0-9a-f]{100,}"$/);
    } finally {
      await Promise.all(instances.map((instance) => instance.close()));
      await Promise.all(servers.map(({ db }) => db.destroy()));
      await database.drop();
    }
  });
});
