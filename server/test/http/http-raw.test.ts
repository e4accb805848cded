import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { buildApp } from '../../src/http/app.ts';
import type { App } from '../../src/http/app-type.ts';
import { ambiguousRequests, withBrokenChunks } from '../support/ambiguous-requests.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { chunked, expectRefusal, host, json, type RawResponse, sendRaw } from '../support/raw-http.ts';

let app: TestApp;
let server: App;
let url: string;
/** The routes whose handlers ran. */
let handled: string[] = [];
beforeAll(async () => {
  app = await startApp();
  server = await buildApp(app.ctx);
  server.addHook('onRequest', async ({ routeOptions }) => {
    handled.push(routeOptions.url ?? 'none');
  });
  url = await server.listen({ host: '127.0.0.1', port: 0 });
});
beforeEach(() => {
  handled = [];
});
afterAll(async () => {
  await server.close();
  await app.close();
});

/** A path that must not be handled in any case. */
const canary = '/health/live';
const smuggled = `GET ${canary} HTTP/1.1\r\nHost: a\r\n\r\n`;

const starts: Record<string, string> = {
  'a path of its own': 'POST /health HTTP/1.1\r\n',
  'the full surface': 'POST /api/v1/auth/login HTTP/1.1\r\n',
  'Better Auth': 'POST /api/auth/sign-in/email HTTP/1.1\r\n',
  'the bare surface': 'POST /api/ada/tasks HTTP/1.1\r\n',
  'no path': 'POST /nope HTTP/1.1\r\n',
};
const cases = [...Object.entries(ambiguousRequests), ...withBrokenChunks];

describe('a request that two servers could understand in two ways', () => {
  test.each(Object.entries(ambiguousRequests))(
    '%s: one answer, 400, in the form of every error, and nothing after it',
    async (_, rest) => {
      for (const [where, start] of Object.entries(starts)) {
        const { answers, rest: more } = await sendRaw(url, `${start}${rest}${smuggled}`);
        expect(answers, where).toHaveLength(1);
        expectRefusal(answers[0], 400, 'BAD_REQUEST');
        expect(more).toBe('');
      }
      expect(handled).not.toContain(canary);
    },
  );

  test.each(withBrokenChunks)(
    '%s: one answer, of the route or a 400, and nothing after it',
    async (_, rest) => {
      for (const [where, start] of Object.entries(starts)) {
        const { answers, rest: more } = await sendRaw(url, `${start}${rest}${smuggled}`);
        expect(answers, where).toHaveLength(1);
        expect([400, 401, 404, 405], where).toContain(answers[0]?.status);
        expect(more).toBe('');
      }
      expect(handled).not.toContain(canary);
    },
  );

  test.each(cases)('%s, behind a good one: the good one gets its answer first', async (_, rest = '') => {
    const first = `GET /health HTTP/1.1\r\n${host}\r\n`;
    const { answers } = await sendRaw(url, `${first}${starts['the full surface']}${rest}${smuggled}`);
    expect(answers).toHaveLength(2);
    expect(answers[0]?.status).toBe(200);
    expectRefusal(answers[1], 400, 'BAD_REQUEST');
    expect(handled).not.toContain(canary);
  });
});

describe('what is not HTTP', () => {
  const get = `GET /health HTTP/1.1\r\n${host}`;
  test.each([
    ['no HTTP at all', 'hello\r\n\r\n'],
    ['TLS on a plain port', '\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03\r\n\r\n'],
    ['another version', `GET /health HTTP/9.9\r\n${host}\r\n`],
    ['a version of other letters', `GET /health http/1.1\r\n${host}\r\n`],
    ['no version', 'GET /health\r\n\r\n'],
    ['an HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['a method that is none', `NONSENSE /health HTTP/1.1\r\n${host}\r\n`],
    ['a method in lower case', `get /health HTTP/1.1\r\n${host}\r\n`],
    ['NUL in the target', `GET /hea\0lth HTTP/1.1\r\n${host}\r\n`],
    ['a space in the target', `GET /hea lth HTTP/1.1\r\n${host}\r\n`],
    ['a fragment in the target', `DELETE /api/v1/users/ada/trash/# HTTP/1.1\r\n${host}\r\n`],
    ['no target', `GET HTTP/1.1\r\n${host}\r\n`],
    ['a target that is no path', `GET health HTTP/1.1\r\n${host}\r\n`],
    ['a target of another scheme', `GET ftp://a/health HTTP/1.1\r\n${host}\r\n`],
    ['a star for a target', `GET * HTTP/1.1\r\n${host}\r\n`],
    ['chunks in HTTP/1.0', `POST /health HTTP/1.0\r\n${chunked}\r\n0\r\n\r\n`],
  ])('%s: 400', async (_, text) => {
    const { answers, rest } = await sendRaw(url, `${text}${smuggled}`);
    expect(answers).toHaveLength(1);
    expectRefusal(answers[0], 400, 'BAD_REQUEST');
    expect(rest).toBe('');
    expect(handled).toEqual([]);
  });

  test.each([
    ['in one line', `X: ${'x'.repeat(8_200)}\r\n`],
    ['in many', `X: ${'x'.repeat(1_000)}\r\n`.repeat(9)],
  ])('headers over 8 kB %s: 431', async (_, lines) => {
    const { answers } = await sendRaw(url, `${get}${lines}\r\n`);
    expectRefusal(answers[0], 431, 'HEADERS_TOO_LARGE');
  });

  test('60 header lines of 7 kB are read', async () => {
    const lines = `X: ${'x'.repeat(112)}\r\n`.repeat(58);
    const { answers } = await sendRaw(url, `${get}${lines}Connection: close\r\n\r\n`);
    expect(answers.map(({ status }) => status)).toEqual([200]);
  });

  test('another expectation than 100-continue: 417; that one is met', async () => {
    const { answers } = await sendRaw(url, `${get}Expect: foo\r\n\r\n${smuggled}`);
    expect(answers).toHaveLength(1);
    expectRefusal(answers[0], 417, 'EXPECTATION_FAILED');
    const body = '{"email":"a@example.com","password":"x"}';
    const post = `${starts['the full surface']}${json}Connection: close\r\nContent-Length: ${body.length}\r\n`;
    const met = await sendRaw(url, `${post}Expect: 100-continue\r\n\r\n${body}`);
    expect(met.answers.map(({ status }) => status)).toEqual([100, 401]);
  });

  test('a body announced as too large: 413 at once, and the end', async () => {
    for (const [start, bytes, caching] of [
      [starts['the full surface'], 65_537, 'private, no-cache'],
      [starts['Better Auth'], 16_385, 'no-store'],
    ]) {
      const { answers } = await sendRaw(url, `${start}${json}Content-Length: ${bytes}\r\n\r\n`);
      expectRefusal(answers[0], 413, 'PAYLOAD_TOO_LARGE', { 'cache-control': caching });
    }
  });

  test.each([
    ['/%zz', 400, 'BAD_REQUEST'],
    [`/api/${'x'.repeat(3_100)}/tasks`, 414, 'URI_TOO_LONG'],
  ])('the path %s is refused by the router in the same form', async (path, status, code) => {
    const { answers } = await sendRaw(url, `GET ${path} HTTP/1.1\r\n${host}Connection: close\r\n\r\n`);
    expectRefusal(answers[0], Number(status), String(code));
  });

  test('HTTP/1.0 without a Host, as simple health checks send it, is answered', async () => {
    const { answers } = await sendRaw(url, 'GET /health HTTP/1.0\r\n\r\n');
    expect(answers.map(({ status }) => status)).toEqual([200]);
  });
});

describe('the target', () => {
  const ask = async (line: string, more = '') =>
    (await sendRaw(url, `${line} HTTP/1.1\r\n${host}${more}Connection: close\r\n\r\n`)).answers;

  test.each(['http://evil.example', 'https://evil.example:8443', 'HTTP://user@evil.example'])(
    'with a host of its own: only the path counts (%s)',
    async (origin) => {
      expect((await ask(`GET ${origin}/health`)).map(({ status }) => status)).toEqual([200]);
      expect((await ask(`GET ${origin}/nope`)).map(({ status }) => status)).toEqual([404]);
      const [root] = await ask(`GET ${origin}`);
      expect([root?.status, root?.headers.location]).toEqual([302, '/docs']);
      const user = await app.newUser();
      const authorization = `Authorization: Bearer ${user.token}\r\n`;
      const [list] = await ask(`GET ${origin}${user.bare}/tasks`, authorization);
      expect([list?.status, list?.headers.link]).toEqual([200, `<${user.bare}/tasks>; rel="first"`]);
      expect(JSON.stringify(await ask(`GET ${origin}/api/auth/ok`))).not.toContain('evil');
    },
  );

  test.each(['PROPFIND', 'TRACE', 'MKCOL', 'REPORT', 'QUERY', 'PURGE', 'M-SEARCH', 'LINK', 'UNLOCK'])(
    '%s: 405 with what the path allows, and 404 where there is none',
    async (method) => {
      const [known] = await ask(`${method} /health`);
      expectRefusal(known, 405, 'METHOD_NOT_ALLOWED');
      expect(known?.headers.allow).toBe('GET, HEAD, OPTIONS');
      expect((await ask(`${method} /api/ada/tasks`))[0]?.headers.allow).toBe('GET, HEAD, POST, OPTIONS');
      expectRefusal((await ask(`${method} /nope`))[0], 404, 'NOT_FOUND');
      expectRefusal((await ask(`${method} /api/v1/nope`))[0], 404, 'NOT_FOUND');
    },
  );

  test('CONNECT: 405, no tunnel', async () => {
    for (const target of ['evil.example:443', '/health', '127.0.0.1:80']) {
      const { answers } = await sendRaw(url, `CONNECT ${target} HTTP/1.1\r\n${host}\r\n${smuggled}`);
      expect(answers).toHaveLength(1);
      expectRefusal(answers[0], 405, 'METHOD_NOT_ALLOWED');
    }
    expect(handled).toEqual([]);
  });

  test('an upgrade is not taken, and a method is not taken from a header', async () => {
    for (const more of [
      'Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n',
      'Upgrade: websocket\r\nSec-WebSocket-Key: x\r\n',
      'X-HTTP-Method-Override: DELETE\r\n',
      'X-HTTP-Method: DELETE\r\n',
      'X-Method-Override: DELETE\r\n',
    ]) {
      expect((await ask('GET /health?_method=DELETE', more)).map(({ status }) => status)).toEqual([200]);
    }
  });

  test('OPTIONS * is answered', async () => {
    expect((await ask('OPTIONS *')).map(({ status }) => Math.floor(status / 100))).toEqual([2]);
  });
});

describe('pipelining', () => {
  const one = (path: string, more = '') => `GET ${path} HTTP/1.1\r\n${host}${more}\r\n`;

  test('requests in one packet are answered in order', async () => {
    const { answers } = await sendRaw(
      url,
      one('/health/ready') + one('/nope') + one('/health', 'Connection: close\r\n') + smuggled,
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 404, 200]);
    expect(handled).not.toContain(canary);
  });

  const many = (count: number) =>
    Array.from({ length: count }, (_, index) => one('/health', `X-Request-Id: n${index}\r\n`)).join('');
  const ids = (answers: RawResponse[]) => answers.map(({ headers }) => headers['x-request-id']);
  const numbered = (count: number) => Array.from({ length: count }, (_, index) => `n${index}`);

  test('1,000 on one connection are answered, the last of them with its end', async () => {
    const { answers } = await sendRaw(url, many(1_000));
    expect(ids(answers)).toEqual(numbered(1_000));
    expect(answers.at(-2)?.headers.connection).toBe('keep-alive');
    expect(answers.at(-1)?.headers.connection).toBe('close');
  });

  test('of 10,000 on one connection no more are handled, in flat memory', async () => {
    const before = process.memoryUsage().rss;
    const { answers, rest } = await sendRaw(url, many(10_000));
    // The connection may break before the last responses arrive, because the client is still sending.
    expect(ids(answers)).toEqual(numbered(answers.length));
    expect(answers.length).toBeLessThanOrEqual(1_000);
    expect([rest.length < 1_000, handled.length]).toEqual([true, 1_000]);
    expect(process.memoryUsage().rss - before).toBeLessThan(100_000_000);
  });
});
