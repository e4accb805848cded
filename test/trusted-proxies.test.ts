import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { readConfig } from '../src/config.ts';
import { StartError } from '../src/errors.ts';
import { buildApp } from '../src/http/app.ts';
import { secret, startApp, type TestApp, type TestUser } from './support/app.ts';

let app: TestApp;
let user: TestUser;
beforeAll(async () => {
  app = await startApp();
  user = await app.newUser();
});
afterAll(() => app.close());

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

/** The same service with these proxies; gives its address as seen over IPv4. */
async function behind(trustedProxies: string[], host = '127.0.0.1'): Promise<string> {
  const { config } = app.ctx;
  const server = await buildApp({
    ...app.ctx,
    config: { ...config, http: { ...config.http, trustedProxies } },
  });
  cleanups.push(() => server.close());
  const { port } = new URL(await server.listen({ host, port: 0 }));
  return `http://127.0.0.1:${port}`;
}

/** The address that the audit keeps of a request with these headers. */
async function addressSeen(url: string, headers: Record<string, string> = {}): Promise<string | null> {
  const response = await fetch(`${url}${user.bare}/tasks`, {
    method: 'POST',
    headers: { authorization: `Bearer ${user.token}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ title: 'from somewhere' }),
  });
  expect(response.status).toBe(201);
  const requestId = response.headers.get('x-request-id') ?? '';
  const { rows } = await sql<{ address: string | null }>`
    select address from audit where user_id = ${user.id} and request_id = ${requestId}`.execute(app.ctx.db);
  expect(rows).toHaveLength(1);
  return rows[0]?.address ?? null;
}

const claims: Record<string, string>[] = [
  { 'x-forwarded-for': '6.6.6.6' },
  { 'x-forwarded-for': '127.0.0.1, 6.6.6.6' },
  { 'x-real-ip': '6.6.6.6' },
  { forwarded: 'for=6.6.6.6;host=evil.example;proto=https' },
  { 'cf-connecting-ip': '6.6.6.6' },
  { 'true-client-ip': '6.6.6.6' },
  { 'x-client-ip': '6.6.6.6' },
];

describe('the address of a caller', () => {
  test.each(claims)("is the socket's, whatever is claimed, when no proxy is trusted: %j", async (headers) => {
    expect(await addressSeen(app.url, headers)).toBe('127.0.0.1');
  });

  test('is the socket’s when it is no trusted proxy that claims', async () => {
    const url = await behind(['10.0.0.0/8', '127.0.0.2']);
    for (const headers of claims) expect(await addressSeen(url, headers)).toBe('127.0.0.1');
  });

  test.each([
    ['203.0.113.7', '203.0.113.7'],
    ['6.6.6.6, 203.0.113.7', '203.0.113.7'],
    ['6.6.6.6, 203.0.113.7, 10.1.2.3', '203.0.113.7'],
    ['6.6.6.6,10.9.9.9 , 203.0.113.7,10.1.2.3,10.3.2.1', '203.0.113.7'],
    ['2001:db8::7', '2001:db8::7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['::FFFF:203.0.113.7', '203.0.113.7'],
    ['unknown', '127.0.0.1'],
    ['203.0.113.7:4711', '127.0.0.1'],
    ['evil\tline', '127.0.0.1'],
    ['', '127.0.0.1'],
  ])('behind trusted proxies, "%s" says: %s', async (forwarded, address) => {
    const url = await behind(['127.0.0.1', '10.0.0.0/8']);
    expect(await addressSeen(url, { 'x-forwarded-for': forwarded })).toBe(address);
    expect(await addressSeen(url, { 'x-real-ip': '6.6.6.6', forwarded: 'for=6.6.6.6' })).toBe('127.0.0.1');
  });

  test('over a socket for both families is written as IPv4, and its proxy is known by that', async () => {
    expect(await addressSeen(await behind([], '::'))).toBe('127.0.0.1');
    const trusting = await behind(['127.0.0.0/8'], '::');
    expect(await addressSeen(trusting, { 'x-forwarded-for': '203.0.113.7' })).toBe('203.0.113.7');
  });
});

test('no answer takes a host, a scheme or a port from the request, from a trusted proxy neither', async () => {
  const url = await behind(['127.0.0.1']);
  const headers = {
    'x-forwarded-host': 'evil.example',
    'x-forwarded-proto': 'gopher',
    'x-forwarded-port': '666',
    'x-original-url': '/evil.example',
    authorization: `Bearer ${user.token}`,
  };
  for (const path of [
    '/',
    '/docs',
    '/openapi.json',
    '/nope',
    `${user.v1}/tasks?limit=1`,
    '/api/auth/jwks',
    '/api/auth/error',
  ]) {
    const response = await fetch(url + path, { headers, redirect: 'manual' });
    const told = `${JSON.stringify([...response.headers])}${await response.text()}`;
    expect(told, path).not.toMatch(/evil\.example|gopher|:666/);
  }
});

describe('TRUSTED_PROXIES', () => {
  const read = (TRUSTED_PROXIES: string) => readConfig({ BETTER_AUTH_SECRET: secret, TRUSTED_PROXIES });

  test.each([
    ['10.0.0.5', ['10.0.0.5']],
    ['10.0.0.5, 192.168.0.0/16,2001:db8::/32 , ::1', ['10.0.0.5', '192.168.0.0/16', '2001:db8::/32', '::1']],
    ['', []],
  ])('takes addresses and blocks: "%s"', (value, proxies) => {
    expect(read(value).http.trustedProxies).toEqual(proxies);
  });

  test.each([
    'true',
    '1',
    '*',
    'loopback',
    'uniquelocal',
    'proxy.example.com',
    '0.0.0.0/0',
    '::/0',
    '10.0.0.0/33',
    '10.0.0.0/08',
    '10.0.0.0/255.0.0.0',
    '2001:db8::/129',
    '10.0.0',
    '010.0.0.1',
    'fe80::1%eth0',
    '::ffff:10.0.0.1',
    '10.0.0.1,',
    '10.0.0.1,true',
  ])('refuses %j', (value) => {
    const refused = () => read(value);
    expect(refused).toThrow(StartError);
    expect(refused).toThrow(/^TRUSTED_PROXIES: got ".*", wants comma-separated IP addresses/);
  });
});
