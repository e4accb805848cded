import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildApp } from '../../src/http/app.ts';
import { createContext } from '../../src/process/context.ts';
import { type Reply, startApp, type TestApp } from '../support/app.ts';

const page = 'https://app.example';
const mobile = 'capacitor://localhost';
const tasks = '/api/v1/users/ada/tasks';

/** `plain` has no settings; the others have origins, or only a public address. */
let plain: TestApp;
let listed: TestApp;
let online: TestApp;
beforeAll(async () => {
  plain = await startApp();
  listed = await startApp({ ALLOWED_ORIGINS: `${page},${mobile}` }, plain);
  online = await startApp({ BETTER_AUTH_URL: 'https://api.example' }, plain);
});
afterAll(async () => {
  for (const app of [online, listed, plain]) await app.close();
});

const preflight = (app: TestApp, origin: string, asked?: string, path = tasks) =>
  app.request('OPTIONS', path, {
    headers: {
      origin,
      'access-control-request-method': 'PATCH',
      ...(asked !== undefined && { 'access-control-request-headers': asked }),
    },
  });
const allowedOrigin = ({ headers }: Reply) => headers.get('access-control-allow-origin');

describe('a preflight of an allowed origin', () => {
  test.each([
    'authorization',
    'cache-control,pragma,x-requested-with',
    'baggage, sentry-trace, traceparent, x-datadog-trace-id',
    'X-Odd,\tcookie , host',
    "x-!#$%&'+.^_`|~-9",
    '',
    'a,,b',
    Array.from({ length: 100 }, (_, index) => `x-header-${index}`).join(','),
  ])('is allowed the headers that it asks for: %s', async (asked) => {
    for (const origin of [page, mobile]) {
      for (const path of [tasks, '/api/ada/tasks', '/api/auth/get-session', '/health', '/nope']) {
        const reply = await preflight(listed, origin, asked, path);
        expect([path, reply.status, allowedOrigin(reply)]).toEqual([path, 204, origin]);
        expect(reply.headers.get('access-control-allow-headers')).toBe(asked.trim());
        expect(reply.headers.get('vary')?.split(', ')).toEqual(
          expect.arrayContaining(['Origin', 'Access-Control-Request-Headers']),
        );
      }
    }
  });

  test.each(['a b', 'x:y', 'a;b', 'a, b"c', 'ÿ', '*', 'authorization, *', 'x'.repeat(2_049)])(
    'is refused for what is no list of names: %s',
    async (asked) => {
      const reply = await preflight(listed, page, asked);
      expect([reply.status, allowedOrigin(reply)]).toEqual([204, null]);
      expect(reply.headers.get('access-control-allow-headers')).toBeNull();
    },
  );

  test('that asks for no header is allowed none', async () => {
    const reply = await preflight(listed, page);
    expect(allowedOrigin(reply)).toBe(page);
    expect(reply.headers.get('access-control-allow-headers')).toBeNull();
  });
});

describe('OPTIONS that is no preflight', () => {
  const { paths } = JSON.parse(readFileSync(new URL('../../openapi.json', import.meta.url), 'utf8'));
  const operations: [string, string[]][] = Object.entries<object>(paths).map(([path, of]) => [
    path,
    // A page has no place in the document.
    [...(path === '/api/v1/digest/unsubscribe' ? ['get'] : []), ...Object.keys(of)].map((method) =>
      method.toUpperCase(),
    ),
  ]);

  test.each(operations)('says what %s allows: %j', async (path, methods) => {
    const url = path.replaceAll(/\{\w+\}/g, randomUUID());
    for (const headers of [{}, { origin: page }, { origin: 'https://evil.example' }]) {
      const reply = await listed.request('OPTIONS', url, { headers });
      expect([reply.status, reply.text]).toEqual([204, '']);
      const allow = reply.headers.get('allow')?.split(', ') ?? [];
      expect(allow.filter((method) => !['HEAD', 'OPTIONS'].includes(method)).sort()).toEqual(methods.sort());
      expect(allow).toContain('OPTIONS');
      expect(reply.headers.get('accept-patch')).toBe(
        methods.includes('PATCH') ? 'application/json, application/merge-patch+json' : null,
      );
      expect(allowedOrigin(reply)).toBe('origin' in headers && headers.origin === page ? page : null);
    }
  });

  test.each(['/', '/docs', '/openapi.json', '/api/auth/sign-in/email'])('says so of %s too', async (path) => {
    const { status, headers } = await plain.request('OPTIONS', path);
    expect([status, headers.get('allow')]).toEqual([204, expect.stringMatching(/^GET, .*OPTIONS$/)]);
  });

  test.each(['/nope', '/api/v1/nope', '/api/v1/tasks', `${tasks}/a/b/c`, '/metrics'])(
    '%s is a 404',
    async (path) => {
      const { status, headers } = await plain.request('OPTIONS', path);
      expect([status, headers.get('allow')]).toEqual([404, null]);
    },
  );
});

/**
 * Checks an origin by CORS, by the CSRF guard of Better Auth's routes with its own, and by Better Auth's check of link
 * targets.
 */
async function verdicts(app: TestApp, origin: string): Promise<Record<string, boolean>> {
  const post = (path: string, body: object, headers: Record<string, string>) =>
    app.request('POST', `/api/auth${path}`, { body, headers });
  const known = { origin: app.ctx.config.auth.baseUrl };
  const email = `${randomUUID()}@example.com`;
  const link = `${origin}/welcome`;
  const url = `${app.url}/api/auth/reset-password/x?callbackURL=${encodeURIComponent(link)}`;
  const replies = await Promise.all([
    post('/sign-out', {}, { origin, cookie: 'a=b' }),
    post('/request-password-reset', { email, redirectTo: link }, known),
    post('/send-verification-email', { email, callbackURL: link }, known),
    fetch(url, { redirect: 'manual' }),
  ]);
  const statuses = replies.map(({ status }) => status);
  expect([200, 302, 403]).toEqual(expect.arrayContaining(statuses));
  const [cookie = false, redirectTo = false, callbackURL = false, mailed = false] = statuses.map(
    (status) => status !== 403,
  );
  const cors = allowedOrigin(await app.request('GET', '/health', { headers: { origin } })) === origin;
  return { cors, cookie, redirectTo, callbackURL, mailed };
}
const all = (is: boolean) => ({ cors: is, cookie: is, redirectTo: is, callbackURL: is, mailed: is });

const loopback = [
  'http://localhost:3000',
  'http://localhost',
  'https://localhost:5173',
  'http://127.0.0.1:8080',
  'https://127.0.0.1',
  'http://[::1]:4321',
  'https://[::1]:65535',
];

describe('one answer for CORS, the cookie routes and links', () => {
  test.each(loopback)('with nothing set, %s is allowed', async (origin) => {
    expect(await verdicts(plain, origin)).toEqual(all(true));
  });

  test.each([
    'null',
    'https://app.example',
    'http://localhost.evil.example',
    'http://localhost:3000.evil.example',
    'http://evil.localhost:3000',
    'http://127.0.0.1.evil.example',
    'http://127.0.0.2:3000',
    'http://0.0.0.0:3000',
    'http://192.168.1.5:3000',
    'http://[::2]:3000',
    'http://localhost:65536',
    'http://localhost@evil.example',
    'ftp://localhost',
    'capacitor://localhost',
    'http://localhost:*',
    'file://',
  ])('with nothing set, %s is not', async (origin) => {
    expect(await verdicts(plain, origin)).toEqual(all(false));
  });

  test.each([
    'http://localhost:80',
    'http://LOCALHOST:3000',
    'http://localhost:03000',
    'http://a:b@localhost:3000',
    'http://localhost:',
  ])('nor is %s, which no browser sends as an origin', async (origin) => {
    expect(await verdicts(plain, origin)).toMatchObject({ cors: false, cookie: false });
  });

  test.each([page, mobile])('%s is allowed once it is set, and then nothing else', async (origin) => {
    expect(await verdicts(listed, origin)).toEqual(all(true));
    for (const other of [...loopback, 'tauri://localhost', `${page}:8443`, 'http://app.example', 'null'])
      expect([other, await verdicts(listed, other)]).toEqual([other, all(false)]);
  });

  test('with a public address and nothing set, only that address itself', async () => {
    expect(await verdicts(online, 'https://api.example')).toEqual(all(true));
    for (const other of [...loopback, page, 'http://api.example', 'null'])
      expect([other, await verdicts(online, other)]).toEqual([other, all(false)]);
  });
});

describe('a refused origin', () => {
  async function logged(origins: string[], settings = plain.ctx.config) {
    const written: Record<string, unknown>[] = [];
    const log = pino({}, { write: (line: string) => void written.push(JSON.parse(line)) });
    const app = await buildApp({ ...createContext(settings, plain.ctx.db, log), log });
    // Uses `inject`: an HTTP client cannot send some of these origins.
    for (const origin of origins) await app.inject({ url: '/health', headers: { origin } });
    await app.close();
    return written.filter(({ setting }) => setting !== undefined);
  }

  test('is said once in the log, with the name of the setting', async () => {
    const origins = ['https://a.example', 'http://localhost:3000', 'https://a.example', 'null'];
    expect(await logged(origins)).toEqual(
      ['https://a.example'].map((origin) =>
        expect.objectContaining({ level: 40, origin, setting: 'ALLOWED_ORIGINS' }),
      ),
    );
  });

  test('makes a line of bounded length and plain characters', async () => {
    const [line] = await logged([`https://\u009b31m\x1b é${'x'.repeat(5_000)}`]);
    expect(line?.origin).toMatch(/^https:\/\/\?31m\?{3}x+$/);
    expect(String(line?.origin).length).toBe(200);
  });

  test('is not said of the 21st in an hour and those after it', async () => {
    const many = Array.from({ length: 150 }, (_, index) => `https://${index}.example`);
    expect((await logged(many)).map(({ origin }) => origin)).toEqual(many.slice(0, 20));
  });
});
