import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { sql } from 'kysely';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import { buildApp } from '../../src/http/app.ts';
import { StartError } from '../../src/platform/errors.ts';
import { secret, startApp, type TestApp, type TestUser } from '../support/app.ts';

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

/** Starts the service with these trusted proxies. @returns its URL with an IPv4 address */
async function behind(trustedProxies: string[], host = '127.0.0.1', log = app.ctx.log): Promise<string> {
  const { config } = app.ctx;
  const server = await buildApp({
    ...app.ctx,
    log,
    config: { ...config, http: { ...config.http, trustedProxies } },
  });
  cleanups.push(() => server.close());
  const { port } = new URL(await server.listen({ host, port: 0 }));
  return `http://127.0.0.1:${port}`;
}

/** The address in the audit entry of a request with these headers. */
async function addressSeen(url: string, headers: Record<string, string> = {}): Promise<string | null> {
  const response = await fetch(`${url}${user.bare}/tasks`, {
    method: 'POST',
    headers: { authorization: `Bearer ${user.token}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ title: 'from somewhere' }),
  });
  expect(response.status).toBe(201);
  const requestId = response.headers.get('x-request-id') ?? '';
  const { rows } = await sql<{ address: string | null }>`
    select address from duly.audit where user_id = ${user.id} and request_id = ${requestId}`.execute(
    app.ctx.db,
  );
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

describe('an address forwarded by a peer that is no trusted proxy', () => {
  /** Starts such a service, and collects the warnings in its log. */
  async function watched(trustedProxies: string[], host?: string) {
    const lines: string[] = [];
    const stream = { write: (line: string) => void (line.includes('TRUSTED_PROXIES') && lines.push(line)) };
    return { lines, url: await behind(trustedProxies, host, pino({ level: 'warn' }, stream)) };
  }
  const ask = async (url: string, headers: Record<string, string>, localAddress = '127.0.0.1') => {
    const sent = request(`${url}/health`, { headers, localAddress, agent: false });
    const [reply]: IncomingMessage[] = await once(sent.end(), 'response');
    await once(reply?.resume() ?? sent, 'close');
  };

  test.each(['x-forwarded-for', 'forwarded', 'x-real-ip'])(
    'is said once for each peer, without what %s holds',
    async (header) => {
      const { lines, url } = await watched(['127.0.0.9']);
      await ask(url, {});
      expect(lines).toEqual([]);
      for (const value of ['6.6.6.6', 'for=6.6.6.6', 'canary']) await ask(url, { [header]: value });
      await ask(url, { [header]: '6.6.6.6' }, '127.0.0.2');
      expect(lines.map((line) => JSON.parse(line))).toEqual(
        ['127.0.0.1', '127.0.0.2'].map((peer) =>
          expect.objectContaining({ peer, header, setting: 'TRUSTED_PROXIES' }),
        ),
      );
      expect(lines.join('')).not.toMatch(/6\.6\.6\.6|canary/);
    },
  );

  test('is said of ten peers at most', async () => {
    const { lines, url } = await watched([]);
    for (let peer = 1; peer <= 15; peer += 1)
      await ask(url, { 'x-forwarded-for': '6.6.6.6' }, `127.0.1.${peer}`);
    expect(lines).toHaveLength(10);
  });

  test('is said of a request on a connection that had others before', async () => {
    const { lines, url } = await watched([]);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (const headers of [{}, { 'x-forwarded-for': '6.6.6.6' }, { 'x-forwarded-for': '6.6.6.7' }]) {
      const [reply]: IncomingMessage[] = await once(
        request(`${url}/health`, { headers, agent }).end(),
        'response',
      );
      await once(reply?.resume() ?? agent, 'end');
    }
    agent.destroy();
    expect(lines).toHaveLength(1);
  });

  test.each(['127.0.0.1', '::'])('is not said of a trusted proxy, on %s', async (host) => {
    const { lines, url } = await watched(['127.0.0.0/8'], host);
    await ask(url, { 'x-forwarded-for': '203.0.113.7', forwarded: 'for=203.0.113.7' });
    expect(lines).toEqual([]);
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
