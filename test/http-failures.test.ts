import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import manifest from '../package.json' with { type: 'json' };
import { createContext } from '../src/context.ts';
import type { Connection } from '../src/db/embedded.ts';
import { createDb } from '../src/db/pool.ts';
import { buildApp } from '../src/http/app.ts';
import { startApp, type TestApp, type TestUser } from './support/app.ts';
import { asAdmin, createDatabase } from './support/database.ts';

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

/** Another server with the same settings over another database; gives its address. */
async function serverOver(connection: Connection): Promise<string> {
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
/** One request for each way into the database. */
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
    expect([ready.status, ready.body]).toEqual([200, { status: 'ok', database: 'ok' }]);
  });

  test.each(['empty', 'gone'])('with a database that is %s: alive, and not ready', async (state) => {
    const database = await createDatabase('empty');
    if (state === 'gone') await database.drop();
    else cleanups.push(() => database.drop());
    const url = await serverOver(database.connection);
    const ready = await fetch(`${url}/health/ready`);
    const live = await fetch(`${url}/health/live`);
    expect([ready.status, await ready.json()]).toEqual([
      503,
      { status: 'unavailable', database: 'unavailable' },
    ]);
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
        `alter schema better_auth rename to hidden; alter table tasks rename to hidden`,
        database,
      );
      cleanups.push(() =>
        asAdmin(`alter schema hidden rename to better_auth; alter table hidden rename to tasks`, database),
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

/** Writes bytes to a socket of their own and gives everything that comes back until the server closes it. */
async function raw(text: string): Promise<string> {
  const { hostname, port } = new URL(app.url);
  const socket = connect(Number(port), hostname);
  cleanups.push(async () => socket.destroy());
  let answer = '';
  socket.setEncoding('latin1').on('data', (part) => {
    answer += part;
  });
  socket.on('error', () => {});
  socket.write(text, 'latin1');
  await once(socket, 'close');
  return answer;
}

describe('what is not HTTP', () => {
  const get = 'GET /health HTTP/1.1\r\nHost: a\r\n';
  const post = `POST /api/v1/auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n`;
  const smuggled = 'GET /admin-canary HTTP/1.1\r\nHost: a\r\n\r\n';
  const broken: Record<string, string> = {
    'no HTTP at all': 'hello\r\n\r\n',
    'TLS on a plain port': '\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03\r\n\r\n',
    'another version': 'GET /health HTTP/9.9\r\nHost: a\r\n\r\n',
    'an HTTP/2 preface': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    'a method that is none': 'NONSENSE /health HTTP/1.1\r\nHost: a\r\n\r\n',
    'a space in a header name': `${get}X Y: 1\r\n\r\n`,
    'a space before the colon': `${post}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    'an empty header name': `${get}: 1\r\n\r\n`,
    'NUL in a header': `${get}X: a\0b\r\n\r\n`,
    'a header line folded': `${get}X: a\r\n b: c\r\n\r\n`,
    'a bare line feed': `${get}X: a\nY: b\r\n\r\n`,
    'two lengths': `${post}Content-Length: 2\r\nContent-Length: 60\r\n\r\n{}${smuggled}`,
    'a length and chunks': `${post}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    'a length that is none': `${post}Content-Length: -1\r\n\r\n{}`,
    'chunks under another name first': `${post}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n${smuggled}`,
  };
  test.each(Object.entries(broken))(
    '%s: one answer, a 400 in the form of every error, and the end',
    async (_, text) => {
      const answer = await raw(text);
      const [head = '', body = ''] = answer.split('\r\n\r\n');
      expect(head).toMatch(/^HTTP\/1\.1 400 /);
      expect(head).toMatch(/^connection: close$/im);
      expect(answer.match(/HTTP\/1\.1 /g)).toHaveLength(1);
      expect(JSON.parse(body)).toEqual(failure(400, 'BAD_REQUEST', expect.any(String)));
    },
  );

  test('no Host: 400', async () => {
    expect(await raw('GET /health HTTP/1.1\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
  });

  test('headers of more than 16 kB: 431', async () => {
    const answer = await raw(`${get}X: ${'x'.repeat(17_000)}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
    expect(JSON.parse(answer.split('\r\n\r\n')[1] ?? '')).toMatchObject({ error_code: 'HEADERS_TOO_LARGE' });
  });

  test('a target with a host of its own changes nothing: the path counts', async () => {
    const answer = await raw(
      'GET http://evil.example/health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    );
    expect(answer).not.toContain('evil.example');
    const method = await raw(
      'GET /health HTTP/1.1\r\nHost: a\r\nX-HTTP-Method-Override: DELETE\r\nConnection: close\r\n\r\n',
    );
    expect(method).toMatch(/^HTTP\/1\.1 200 /);
  });

  test('TRACE: 405; requests in one packet: answered in order', async () => {
    expect(await raw('TRACE /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')).toMatch(
      /^HTTP\/1\.1 405 /,
    );
    const one = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nHost: a\r\n${more}\r\n`;
    const answers = await raw(one('/health') + one('/nope') + one('/health/live', 'Connection: close\r\n'));
    expect(answers.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 404', 'HTTP/1.1 200']);
  });
});
