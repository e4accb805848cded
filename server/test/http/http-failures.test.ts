import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { createDb } from '../../src/db/pool.ts';
import type { ConnectionSettings } from '../../src/db/postgres/embedded.ts';
import { buildApp } from '../../src/http/app.ts';
import { createContext } from '../../src/process/context.ts';
import { startApp, type TestApp, type TestUser } from '../support/app.ts';
import { asAdmin, createDatabase } from '../support/database.ts';

let app: TestApp;
let user: TestUser;
beforeAll(async () => {
  app = await startApp();
  user = await app.newUser();
});
afterAll(() => app.close());

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Starts another server with the same settings on another database. @returns its address */
async function serverOver(connection: ConnectionSettings): Promise<string> {
  const db = createDb({ connection, max: 2, log: app.ctx.log });
  const server = await buildApp(createContext(app.ctx.config, db, app.ctx.log));
  cleanups.push(async () => {
    await server.close();
    await db.destroy();
  });
  return server.listen({ host: '127.0.0.1', port: 0 });
}

const registration = {
  email: 'ada@example.com',
  password: 'gentle-otter-42',
  first_name: 'Ada',
  last_name: '',
};
/** One request for each kind of database access. */
const requests: [method: string, path: string, body?: unknown][] = [
  ['GET', '/api/v1/users/{user}/tasks'],
  ['GET', '/api/{user}/tags'],
  ['POST', '/api/v1/users/{user}/tasks', { title: 'x' }],
  ['POST', '/api/{user}/tasks', { title: 'x' }],
  ['POST', '/api/v1/auth/register', registration],
  ['POST', '/api/v1/auth/login', { email: registration.email, password: registration.password }],
  ['POST', '/api/auth/sign-in/email', { email: registration.email, password: registration.password }],
];

const send = (url: string, method: string, path: string, body?: unknown) =>
  fetch(url + path.replace('{user}', user.id), {
    method,
    headers: {
      authorization: `Bearer ${user.token}`,
      'content-type': 'application/json',
      origin: 'http://localhost:3000',
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });

const failure = (status: number, code: string, detail: string) => ({
  detail,
  error_code: code,
  status_code: status,
  timestamp: expect.any(String),
  request_id: expect.any(String),
});

describe('health', () => {
  test('says who is there, that it lives, and that the database is ready', async () => {
    const { body } = await app.request('GET', '/health');
    expect(body).toEqual({ status: 'ok', service: 'duly', version: manifest.version });
    expect((await app.request('GET', '/health/live')).body).toEqual({ status: 'ok' });
    const ready = await app.request('GET', '/health/ready');
    expect([ready.status, ready.body]).toEqual([200, { status: 'ok', database: 'ok', schema: 'current' }]);
  });

  test.each(['empty', 'gone'])('with a database that is %s: alive, and not ready', async (state) => {
    const database = await createDatabase('empty');
    if (state === 'gone') await database.drop();
    else cleanups.push(() => database.drop());
    const url = await serverOver(database.connection);
    const ready = await fetch(`${url}/health/ready`);
    const live = await fetch(`${url}/health/live`);
    const found = state === 'gone' ? { database: 'unavailable' } : { database: 'ok', schema: 'too-old' };
    expect([ready.status, await ready.json()]).toEqual([503, { status: 'unavailable', ...found }]);
    expect(ready.headers.get('retry-after')).toBe('1');
    expect(live.status).toBe(200);
  });
});

describe('a failure', () => {
  test.each(requests)(
    'that nobody expected: %s %s tells nothing of the inside',
    async (method, path, body) => {
      const { database } = app.database.connection;
      await asAdmin(
        `alter schema better_auth rename to hidden; alter table duly.tasks rename to hidden`,
        database,
      );
      cleanups.push(() =>
        asAdmin(
          `alter schema hidden rename to better_auth; alter table duly.hidden rename to tasks`,
          database,
        ),
      );
      const reply = await send(app.url, method, path, body);
      expect(await reply.json()).toEqual(failure(500, 'INTERNAL_ERROR', 'Internal server error'));
      expect(reply.status).toBe(500);
    },
  );

  test.each(requests)('to reach the database: %s %s → 503 with Retry-After', async (method, path, body) => {
    const url = await serverOver({ ...app.database.connection, host: '/nowhere' });
    const reply = await send(url, method, path, body);
    expect(await reply.json()).toEqual(
      failure(503, 'SERVICE_UNAVAILABLE', expect.stringMatching(/unavailable/)),
    );
    expect([reply.status, reply.headers.get('retry-after')]).toEqual([503, '1']);
  });

  test('of the database is over when the database is back', async () => {
    const { database } = app.database.connection;
    await asAdmin(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${database}'`);
    const reply = await app.request('POST', `${user.v1}/tasks`, {
      token: user.token,
      body: { title: 'after' },
    });
    expect([201, 503]).toContain(reply.status);
    expect((await app.request('GET', `${user.v1}/tasks`, user)).status).toBe(200);
  });
});
