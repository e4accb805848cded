import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import document from '../../openapi.json' with { type: 'json' };
import { startApp, type TestApp, type TestUser } from '../support/app.ts';

let app: TestApp;
let user: TestUser;
beforeAll(async () => {
  app = await startApp({
    ALLOWED_ORIGINS: 'https://app.example',
    BETTER_AUTH_URL: 'https://api.example.com',
  });
  user = await app.newUser();
});
afterAll(() => app.close());

const headersOfAll = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
};

function expectSafe(headers: Headers, own: Record<string, string> = {}): void {
  const found = Object.fromEntries(headers);
  expect(found).toMatchObject({ ...headersOfAll, ...own });
  expect(Object.keys(found)).not.toEqual(expect.arrayContaining(['server']));
  expect(Object.keys(found)).not.toEqual(expect.arrayContaining(['x-powered-by']));
  expect(headers.get('vary')).toMatch(/\bAuthorization\b/);
  const type = headers.get('content-type');
  if (type?.startsWith('text/') || type?.includes('json')) expect(type).toMatch(/; charset=utf-8$/i);
}

describe('the headers of every answer', () => {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => [method.toUpperCase(), path] as const),
  );

  test.each(operations)('%s %s: with a token, without one, and with an Origin', async (method, path) => {
    const target = path.replaceAll('{user_id}', user.id).replaceAll(/\{\w+\}/g, 'x');
    const caching = { 'cache-control': expect.stringMatching(/^(?:private, no-cache|no-store)$/) };
    for (const headers of [{}, { authorization: `Bearer ${user.token}`, origin: 'https://app.example' }]) {
      const response = await fetch(app.url + target, { method, headers });
      await response.arrayBuffer();
      expect(response.status).toBeLessThan(500);
      expectSafe(response.headers, caching);
    }
  });

  test.each([
    '/nope',
    '/api/v1/nope',
    '/api/auth/nope',
    '/',
    '/openapi.json',
    '/%zz',
    `/api/${'x'.repeat(3_100)}/tasks`,
  ])('%s', async (path) => {
    const response = await fetch(app.url + path, { redirect: 'manual' });
    expectSafe(response.headers);
    expect(response.headers.get('x-request-id')).not.toBeNull();
  });

  test('a task and a list are kept by no shared cache; an answer with a token by none', async () => {
    const { headers } = await app.request('GET', `${user.v1}/tasks`, user);
    expect(headers.get('cache-control')).toBe('private, no-cache');
    expect(headers.get('vary')).toBe('Authorization, Origin');
    const credentials = { email: 'ada@example.com', password: 'gentle-otter-42' };
    const registration = { ...credentials, first_name: 'Ada', last_name: '' };
    const origin = 'https://app.example';
    for (const [path, body] of [
      ['/api/v1/auth/register', registration],
      ['/api/v1/auth/login', credentials],
      ['/api/auth/sign-in/email', credentials],
      ['/api/auth/sign-in/email', { ...credentials, password: 'wrong-otter-42' }],
    ] as const) {
      const reply = await app.request('POST', path, { body, headers: { origin } });
      expectSafe(reply.headers, { 'cache-control': 'no-store' });
      expect(reply.headers.get('content-type')).toBe('application/json; charset=utf-8');
    }
    const session = await fetch(`${app.url}/api/auth/get-session`);
    expectSafe(session.headers, { 'cache-control': 'no-store' });
  });

  test('the API page keeps a policy of its own, and neither it nor anything else may be framed', async () => {
    for (const path of ['/docs/', '/docs/static/swagger-ui.css', '/docs/static/swagger-ui-bundle.js']) {
      const response = await fetch(app.url + path);
      await response.arrayBuffer();
      const policy = response.headers.get('content-security-policy') ?? '';
      expect(policy).toMatch(/default-src 'self'; .*frame-ancestors 'none'/);
      expectSafe(response.headers, { 'content-security-policy': policy });
    }
  });

  test('over plain http nothing promises https', async () => {
    const plain = await startApp();
    const { headers } = await plain.request('GET', '/health');
    await plain.close();
    expect(headers.get('strict-transport-security')).toBeNull();
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });
});

describe('CORS', () => {
  const preflight = (origin: string, method: string, headers: string) =>
    app.request('OPTIONS', `${user.v1}/tasks`, {
      headers: {
        origin,
        'access-control-request-method': method,
        'access-control-request-headers': headers,
      },
    });

  test('lets pages read the token, the limits and the rest', async () => {
    const { headers } = await app.request('GET', '/health', { headers: { origin: 'https://app.example' } });
    const exposed = headers.get('access-control-expose-headers')?.toLowerCase().split(', ');
    expect(exposed).toEqual(
      expect.arrayContaining(['authorization', 'ratelimit', 'ratelimit-policy', 'retry-after', 'etag']),
    );
  });

  test.each([
    ['TRACE', 'authorization'],
    ['CONNECT', 'authorization'],
    ['PROPFIND', 'x-odd'],
    ['x\ty', 'authorization'],
  ])('a preflight for %s is promised the methods that there are, and no more', async (method, headers) => {
    const reply = await preflight('https://app.example', method, headers);
    expect(reply.status).toBe(204);
    expect(reply.headers.get('access-control-allow-methods')).toBe('GET, HEAD, POST, PUT, PATCH, DELETE');
    expect(reply.headers.get('access-control-allow-origin')).toBe('https://app.example');
  });

  test('a foreign origin is promised nothing, in no answer', async () => {
    for (const origin of ['https://evil.example', 'null', 'https://app.example.evil.example']) {
      const replies = [
        await preflight(origin, 'GET', 'authorization'),
        await app.request('GET', `${user.v1}/tasks`, { token: user.token, headers: { origin } }),
        await app.request('GET', `${user.v1}/tasks`, { headers: { origin } }),
        await app.request('POST', '/api/auth/sign-out', { headers: { origin } }),
      ];
      for (const { headers } of replies) {
        expect(headers.get('access-control-allow-origin')).toBeNull();
        expect(headers.get('vary')).toMatch(/\bOrigin\b/);
      }
    }
  });
});
