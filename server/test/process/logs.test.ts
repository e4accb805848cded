import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { createDb } from '../../src/db/pool.ts';
import { buildApp } from '../../src/http/app.ts';
import type { App } from '../../src/http/app-type.ts';
import { createContext } from '../../src/process/context.ts';
import { startApp, type TestApp, type TestUser } from '../support/app.ts';
import { asAdmin } from '../support/database.ts';
import { patience } from '../support/patience.ts';

interface Line {
  level: string;
  msg: string;
  request_id?: string;
  method?: string;
  route?: string | null;
  status?: number;
  duration_ms?: number;
  user_id?: string | null;
}

let app: TestApp;
let server: App;
let db: ReturnType<typeof createDb>;
let url: string;
let user: TestUser;
/** The log lines, as they are written to stdout. */
let written: string[] = [];
/** Everything that was printed without the logger. */
const printed = vi.fn();

beforeAll(async () => {
  // A mail server that does not exist: the log of that failure must not contain an address either.
  app = await startApp({ SMTP_URL: 'smtp://127.0.0.1:1', MAIL_FROM: 'duly@example.com' });
  user = await app.newUser();
  const log = pino(
    { level: 'trace', formatters: { level: (level) => ({ level }) } },
    { write: (line: string) => void written.push(line) },
  );
  db = createDb({ connection: app.database.connection, max: 5, log });
  server = await buildApp(createContext(app.ctx.config, db, log));
  url = await server.listen({ host: '127.0.0.1', port: 0 });
  for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const) {
    vi.spyOn(console, method).mockImplementation(printed);
  }
});
beforeEach(() => {
  written = [];
});
afterAll(async () => {
  vi.restoreAllMocks();
  await server.close();
  await db.destroy();
  await app.close();
});

const lines = (): Line[] => written.map((line) => JSON.parse(line));
const requestLines = () => lines().filter(({ msg }) => msg === 'request');
/** The line is written after the response was sent, perhaps after the client received it. */
const waitForLines = (count: number) =>
  vi.waitFor(() => expect(requestLines().length).toBeGreaterThanOrEqual(count), patience);

interface Sent {
  token?: string;
  body?: unknown;
  headers?: Record<string, string>;
}

const send = (method: string, path: string, { token, body, headers }: Sent = {}) =>
  fetch(url + path, {
    method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      origin: 'http://localhost:3000',
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });

describe('each request is one line', () => {
  const one = `/api/v1/users/:user_id/tasks/:task_id`;
  test.each([
    ['GET', '/health', '/health', 200, false],
    ['GET', '/nope', null, 404, false],
    ['GET', '{v1}/tasks?search=x', '/api/v1/users/:user_id/tasks', 200, true],
    ['GET', '{bare}/tasks', '/api/:user_id/tasks', 200, true],
    ['GET', `{v1}/tasks/${randomUUID()}`, one, 404, true],
    ['PATCH', `{v1}/tasks/${randomUUID()}`, one, 415, true],
    ['POST', '{v1}/tasks/x', one, 405, false],
    ['GET', '/api/v1/users/somebody-else/tasks', '/api/v1/users/:user_id/tasks', 403, true],
    ['GET', '/api/auth/ok', '/api/auth/*', 200, false],
  ])('%s %s', async (method, path, route, status, known) => {
    const target = path.replace('{v1}', user.v1).replace('{bare}', user.bare);
    const text = method === 'PATCH' ? { body: 'x', headers: { 'content-type': 'text/plain' } } : {};
    const reply = await send(method, target, { token: user.token, ...text });
    await waitForLines(1);
    expect(reply.status).toBe(status);
    expect(requestLines()).toEqual([
      expect.objectContaining({
        level: 'info',
        request_id: reply.headers.get('x-request-id'),
        method,
        route,
        status,
        duration_ms: expect.any(Number),
        user_id: known ? user.id : null,
      }),
    ]);
    expect(lines()).toHaveLength(1);
  });

  test('with the id that the caller gave', async () => {
    await send('GET', '/health', { headers: { 'x-request-id': 'trace-7' } });
    await waitForLines(1);
    expect(requestLines()[0]?.request_id).toBe('trace-7');
  });
});

describe('what a log must not hold', () => {
  const canaries = {
    password: 'Canary-pass-4711',
    mail: 'canary-mail@example.com',
    cookie: 'canary-cookie',
    title: 'canary-title',
    description: 'canary-description',
    tag: 'canary-tag',
    search: 'canary-search',
    query: 'canary-query',
    garbage: 'canary-garbage',
  };
  const { password, mail } = canaries;
  const person = { email: mail, password, first_name: 'canary-first', last_name: 'canary-last' };
  const task = { title: canaries.title, description: canaries.description, tags: [canaries.tag] };

  /** Sends requests to every route, with a canary in every place; the responses do not matter. */
  async function everything(token: string): Promise<number[]> {
    const headers = { cookie: `better-auth.session_token=${canaries.cookie}` };
    const more = { token, headers };
    const list = `${user.v1}/tasks?search=${canaries.search}&tags=${canaries.tag}`;
    const credentials = { email: mail, password };
    const requests: [string, string, Sent][] = [
      ['POST', '/api/v1/auth/register', { body: person, headers }],
      ['POST', '/api/v1/auth/register', { body: { ...person, password: `${password}\0` } }],
      ['POST', '/api/v1/auth/login', { body: credentials }],
      ['POST', '/api/v1/auth/login', { body: { ...credentials, password: `${password}x` } }],
      ['POST', '/api/auth/sign-up/email', { body: { ...credentials, name: 'canary-name' } }],
      ['POST', '/api/auth/sign-in/email', { body: credentials, headers }],
      ['POST', '/api/auth/sign-in/email', { body: { ...credentials, password: 'Canary-pass-4711-wrong' } }],
      ['POST', '/api/auth/sign-in/email', { body: `{"email":"${mail}"${canaries.garbage}` }],
      [
        'POST',
        '/api/auth/sign-in/email',
        { body: credentials, headers: { origin: 'https://elsewhere.example' } },
      ],
      ['GET', '/api/auth/get-session', { headers }],
      ['POST', '/api/v1/auth/password-reset', { body: { email: mail } }],
      ['POST', '/api/v1/auth/login', { body: { ...credentials, totp_code: 'canary' } }],
      ['POST', `${user.v1}/tasks`, { ...more, body: task }],
      ['POST', `${user.bare}/tasks`, { ...more, body: task }],
      ['POST', `${user.v1}/tasks`, { ...more, body: { ...task, title: `${canaries.title}`.repeat(20) } }],
      ['POST', `${user.bare}/tasks`, { ...more, body: `{"title":"${canaries.garbage}` }],
      ['GET', list, more],
      ['GET', `${list}&sort_by=${canaries.query}`, more],
      ['GET', `${user.bare}/tags?search=${canaries.search}`, more],
      ['GET', `${user.v1}/tasks/${canaries.garbage}`, more],
      ['GET', `/${canaries.garbage}?x=${canaries.query}`, more],
      ['GET', `${user.v1}/tasks?access_token=${token}`, {}],
      ['GET', `/api/v1/users/canary-garbage/tasks`, more],
      ['GET', `${user.v1}/tasks`, { token: `${token}x`, headers: { 'user-agent': canaries.garbage } }],
      // With another user's token, because it ends with the log-out.
      ['POST', '/api/v1/auth/logout', { ...more, token: (await app.newUser()).token }],
    ];
    const replies = await Promise.all(requests.map(([method, path, sent]) => send(method, path, sent)));
    return replies.map(({ status }) => status);
  }

  function expectClean(token: string) {
    const text = written.join('').toLowerCase();
    expect(text).not.toContain('canary');
    for (const part of token.split('.')) expect(text).not.toContain(part.toLowerCase());
    expect(printed).not.toHaveBeenCalled();
  }

  test('passwords, tokens, cookies, addresses, titles, descriptions, tags and searches', async () => {
    const statuses = await everything(user.token);
    await waitForLines(statuses.length);
    expect(statuses.filter((status) => status >= 500)).toEqual([]);
    expect(statuses).toEqual(expect.arrayContaining([200, 201, 400, 401, 403, 404, 422]));
    expectClean(user.token);
  });

  test('nor when everything fails inside', async () => {
    const { database } = app.database.connection;
    const moved = ['better_auth', 'duly'].map((name) => `alter schema ${name} rename to ${name}_gone`);
    const back = ['better_auth', 'duly'].map((name) => `alter schema ${name}_gone rename to ${name}`);
    await asAdmin(moved.join(';'), database);
    try {
      const statuses = await everything(user.token);
      await waitForLines(statuses.length);
      expect(statuses.filter((status) => status === 500).length).toBeGreaterThan(8);
    } finally {
      await asAdmin(back.join(';'), database);
    }
    expect(
      lines().filter(({ level, msg }) => level === 'error' && msg === 'Internal server error'),
    ).not.toEqual([]);
    expectClean(user.token);
  });

  test('nor when the database refuses a value that the checks let through', async () => {
    const { database } = app.database.connection;
    await asAdmin(
      `alter table duly.tasks add constraint no_canary check (title not like 'canary%') not valid`,
      database,
    );
    try {
      const { status } = await send('POST', `${user.v1}/tasks`, { token: user.token, body: task });
      await waitForLines(1);
      expect(status).toBe(500);
    } finally {
      await asAdmin('alter table duly.tasks drop constraint no_canary', database);
    }
    expectClean(user.token);
  });

  test('nor a line that somebody else wrote: CRLF in a request id cannot make one', async () => {
    const { hostname, port } = new URL(url);
    const forged = '{"level":"info","msg":"request","user_id":"forged"}';
    for (const id of [
      `x\\r\\n${forged}`,
      `x%0d%0a${forged}`,
      `x\r\n${forged}`,
      `x\n${forged}`,
      `x\u2028${forged}`,
    ]) {
      const socket = connect(Number(port), hostname);
      socket.on('data', () => {}).on('error', () => {});
      socket.write(`GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Request-Id: ${id}\r\n\r\n`);
      await once(socket, 'close');
    }
    await waitForLines(3);
    expect(written.join('')).not.toContain('forged');
    for (const line of written) expect(line.trimEnd().split(/[\r\n\u2028\u2029]/)).toHaveLength(1);
  });
});
