import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import document from '../../openapi.json' with { type: 'json' };
import { mintToken, type RequestOptions, startApp, type TestApp, type TestUser } from '../support/app.ts';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

let app: TestApp;
let user: TestUser;
beforeAll(async () => {
  app = await startApp({ ALLOWED_ORIGINS: 'https://app.example,http://localhost:5173' });
  user = await app.newUser();
});
afterAll(() => app.close());

const create = (options: RequestOptions, surface: 'v1' | 'bare' = 'v1') =>
  app.request('POST', `${user[surface]}/tasks`, { token: user.token, ...options });

const errorOf = (status: number, code: string) => ({
  detail: expect.any(String),
  error_code: code,
  status_code: status,
  timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
  request_id: expect.stringMatching(uuid),
});

describe('paths', () => {
  test.each([
    '/nope',
    '/api',
    '/api/v1',
    '/api/v1/nope',
    '/api/v1/users',
    '/X',
    '/health//',
    '//health',
    '/Health',
  ])('%s is not there: 404 in the form of every error', async (path) => {
    const { status, body, headers } = await app.request('GET', path);
    expect([status, body]).toEqual([404, errorOf(404, 'NOT_FOUND')]);
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
  });

  test.each(['v1', 'auth'])('/api/%s/tasks is not the task list of a user of that name', async (name) => {
    const token = await mintToken({ sub: name });
    for (const [method, path] of [
      ['GET', `/api/${name}/tasks`],
      ['POST', `/api/${name}/tasks`],
      ['GET', `/api/${name}/tags`],
      ['GET', `/api/${name}/tasks/${randomUUID()}`],
      ['GET', `/api/%61uth/tasks`],
    ] as const) {
      const more = method === 'POST' ? { body: { title: 'x' } } : {};
      const { status } = await fetch(app.url + path, {
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        ...(method === 'POST' ? { body: JSON.stringify(more.body) } : {}),
      });
      expect(status, path).toBe(404);
    }
  });

  const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];
  /** A link in a mail: HEAD, as sent by link previews, must not use it up. */
  const withoutHead = '/api/v1/auth/email-change';
  /** A page, which has no place in the document. */
  const withPage = '/api/v1/digest/unsubscribe';
  const wrong = Object.entries(document.paths).flatMap(([path, operations]) => {
    const documented = Object.keys(operations).map((method) => method.toUpperCase());
    const allowed = path === withPage ? ['GET', ...documented] : documented;
    const allow = [
      ...allowed,
      ...(allowed.includes('GET') && path !== withoutHead ? ['HEAD'] : []),
      'OPTIONS',
    ].sort();
    return methods
      .filter((method) => !allowed.includes(method))
      .map((method) => [method, path, allow] as const);
  });
  test.each(wrong)('%s %s is answered with 405 and what the path allows', async (method, path, allow) => {
    const url = path.replace('{user_id}', user.id).replace('{task_id}', randomUUID());
    for (const options of [{}, { token: user.token }, { token: user.token, body: { title: 'x' } }]) {
      if (method === 'GET' && 'body' in options) continue;
      const { status, body, headers } = await app.request(method, url, options);
      expect([status, body]).toEqual([405, errorOf(405, 'METHOD_NOT_ALLOWED')]);
      expect(headers.get('allow')?.split(', ').sort()).toEqual(allow);
    }
  });
});

describe('bodies', () => {
  const title = '{"title":"x"}';
  test.each([
    ['text/plain', title],
    ['application/x-www-form-urlencoded', 'title=x'],
    ['multipart/form-data; boundary=x', title],
    ['application/xml', '<title>x</title>'],
    ['application/jsonx', title],
    ['application/json; charset=utf-16', title],
    ['application/json; charset="iso-8859-1"', title],
    ['', title],
  ])('a Content-Type of %j: 415', async (type, body) => {
    const { status, body: error } = await create({ body, headers: { 'content-type': type } });
    expect([status, error]).toEqual([415, errorOf(415, 'UNSUPPORTED_MEDIA_TYPE')]);
  });

  test('no Content-Type at all: 415', async () => {
    const authorization = `Bearer ${user.token}`;
    const body = new TextEncoder().encode(title);
    const reply = await fetch(`${app.url}${user.v1}/tasks`, {
      method: 'POST',
      body,
      headers: { authorization },
    });
    expect(reply.status).toBe(415);
  });

  test('compressed: 415, and nothing is inflated', async () => {
    const more = { headers: { 'content-encoding': 'gzip' }, body: gzipSync(Buffer.alloc(1_000_000, 32)) };
    expect((await create(more)).status).toBe(415);
  });

  test.each(['application/json', 'Application/JSON;charset=UTF-8', 'application/json; charset="utf-8"'])(
    'a Content-Type of %j is read, and validated',
    async (type) => {
      const headers = { 'content-type': type };
      expect((await create({ body: title, headers })).status).toBe(201);
      expect((await create({ body: '{"title":5}', headers })).status).toBe(422);
      expect((await create({ body: '{"title":5}', headers }, 'bare')).status).toBe(400);
    },
  );

  test.each([
    '',
    ' ',
    '{"title":',
    '{"title":"x",}',
    '{"title":NaN}',
    "{'title':'x'}",
    '{"title":"x"}}',
    '{"title":"\t"}',
    '\u0000',
    'undefined',
    '{"__proto__":{"polluted":1},"title":"x"}',
    '{"title":"x","constructor":{"prototype":{"polluted":1}}}',
  ])('%j is not JSON that we take: 400 on both surfaces', async (body) => {
    for (const surface of ['v1', 'bare'] as const) {
      const { status, body: error } = await create({ body }, surface);
      expect([status, error]).toEqual([400, errorOf(400, 'INVALID_JSON')]);
    }
    expect({}).not.toHaveProperty('polluted');
  });

  test('bytes that are not UTF-8: 400; a byte order mark before UTF-8 is skipped', async () => {
    const broken = Buffer.from([...Buffer.from('{"title":"'), 0xff, ...Buffer.from('"}')]);
    expect((await create({ body: broken })).body.error_code).toBe('INVALID_JSON');
    const { status, body } = await create({ body: `\ufeff${title}` });
    expect([status, body.data.title]).toEqual([201, 'x']);
  });

  test('64 kB are read, one byte more is 413, with a length or in chunks', async () => {
    const sized = (bytes: number) => `${' '.repeat(bytes - title.length)}${title}`;
    expect((await create({ body: sized(65_536) })).status).toBe(201);
    const { status, body } = await create({ body: sized(65_537) });
    expect([status, body]).toEqual([413, errorOf(413, 'PAYLOAD_TOO_LARGE')]);
    const chunked = await fetch(`${app.url}${user.v1}/tasks`, {
      method: 'POST',
      headers: { authorization: `Bearer ${user.token}`, 'content-type': 'application/json' },
      body: new Blob([sized(65_537)]).stream(),
      duplex: 'half',
    } as RequestInit);
    expect(chunked.status).toBe(413);
  });
});

describe('X-Request-Id', () => {
  test.each(['a', 'trace:0.1_2-3', 'x'.repeat(128)])('%j is kept', async (id) => {
    const { headers, body } = await app.request('GET', '/nope', { headers: { 'x-request-id': id } });
    expect([headers.get('x-request-id'), body.request_id]).toEqual([id, id]);
  });

  test.each(['', 'a b', 'x'.repeat(129), '{"a":1}', 'ÿ', '<script>'])('%j is replaced', async (id) => {
    const { headers, body } = await app.request('GET', '/nope', { headers: { 'x-request-id': id } });
    expect(body.request_id).toMatch(uuid);
    expect(headers.get('x-request-id')).toBe(body.request_id);
  });
});

describe('CORS', () => {
  const asked = (origin: string, method = 'GET', path = '/health', more = {}) =>
    app.request(method, path, { headers: { origin, ...more } });

  test.each(['https://app.example', 'http://localhost:5173'])(
    '%s is allowed, with credentials',
    async (origin) => {
      for (const path of ['/health', '/nope', '/api/auth/ok', `${user.v1}/tasks`]) {
        const { headers } = await asked(origin, 'GET', path);
        expect(headers.get('access-control-allow-origin')).toBe(origin);
        expect(headers.get('access-control-allow-credentials')).toBe('true');
        expect(headers.get('vary')).toMatch(/\bOrigin\b/);
        const exposed = headers.get('access-control-expose-headers')?.toLowerCase().split(', ');
        expect(exposed).toEqual(
          expect.arrayContaining([
            'etag',
            'link',
            'location',
            'retry-after',
            'x-request-id',
            'x-total-count',
          ]),
        );
      }
      const more = {
        'access-control-request-method': 'PATCH',
        'access-control-request-headers': 'authorization',
      };
      const { status, headers } = await asked(origin, 'OPTIONS', `${user.v1}/tasks`, more);
      expect([status, headers.get('access-control-allow-origin')]).toEqual([204, origin]);
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
        expect(headers.get('access-control-allow-methods')).toContain(method);
      }
    },
  );

  test.each([
    'null',
    'https://app.example.evil.example',
    'https://evil-app.example',
    'https://app.example:8443',
    'http://app.example',
    'https://APP.example.',
    'https://sub.app.example',
    'https://app.example, https://evil.example',
    '*',
  ])('%s is not', async (origin) => {
    for (const method of ['GET', 'OPTIONS']) {
      const more = { 'access-control-request-method': 'GET' };
      const { headers } = await asked(origin, method, '/health', more);
      expect(headers.get('access-control-allow-origin')).toBeNull();
    }
  });
});

test('no body with any Content-Type is no body, where none is needed', async () => {
  const { bare, token } = await app.newUser();
  const { body: task } = await app.request('POST', `${bare}/tasks`, { token, body: { title: 'flip me' } });
  for (const type of ['application/x-www-form-urlencoded', 'text/plain;charset=UTF-8', 'application/json']) {
    const headers = { 'content-type': type };
    const { status } = await app.request('PATCH', `${bare}/tasks/${task.id}/complete`, { token, headers });
    expect([type, status]).toEqual([type, 200]);
  }
  const headers = { 'content-type': 'text/plain' };
  expect((await app.request('DELETE', `${bare}/tasks/${task.id}`, { token, headers })).status).toBe(204);
});
