import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addressKey } from '../../src/limits/address.ts';
import { maxCounters } from '../../src/limits/rate-limits.ts';
import { createSlidingWindows } from '../../src/limits/sliding-windows.ts';
import { startApp, type TestApp, type TestUser } from '../support/app.ts';
import { type LimitedServer, startLimitedServer, testAddresses } from '../support/limited-server.ts';
import { patience } from '../support/patience.ts';

let app: TestApp;
/** Servers with some of the limits. Tests use different addresses and users. */
let perUser: LimitedServer;
let perAddress: LimitedServer;
beforeAll(async () => {
  app = await startApp();
  perUser = await startLimitedServer(app, { RATE_LIMIT_PER_USER: '2/60', RATE_LIMIT_AUTH: '2/5' });
  perAddress = await startLimitedServer(app, { RATE_LIMIT_PER_IP: '3/60', TRUSTED_PROXIES: proxy });
});
afterAll(() => app.close());

const proxy = '203.0.113.250';
const here = '127.0.0.1';
const there = '127.0.0.2';
let last = 0;
/** An address (RFC 5737) that no test has used before. */
const newAddress = () => {
  last += 1;
  return `192.0.2.${last}`;
};
const list = ({ v1, token }: TestUser) => ({
  url: `${v1}/tasks`,
  headers: { authorization: `Bearer ${token}` },
});
const bareList = ({ bare, token }: TestUser) => ({
  url: `${bare}/tasks`,
  headers: { authorization: `Bearer ${token}` },
});

describe('a user', () => {
  test('is told the limit and what is left of it, and refused beyond it with the time to wait', async () => {
    const ada = await app.newUser();
    const first = await perUser.send(here, list(ada));
    expect(first.status).toBe(200);
    expect(first.headers['ratelimit-policy']).toBe('"user";q=2;w=60');
    expect(first.headers.ratelimit).toMatch(/^"user";r=1;t=(60|59)$/);
    const second = await perUser.send(here, bareList(ada));
    expect(second.headers.ratelimit).toMatch(/^"user";r=0;t=(60|5\d)$/);
    const refused = await perUser.send(here, list(ada));
    expect(refused.status).toBe(429);
    expect(refused.body).toEqual({
      detail: 'Too many requests, try again later',
      error_code: 'RATE_LIMITED',
      status_code: 429,
      timestamp: expect.any(String),
      request_id: refused.headers['x-request-id'],
    });
    expect(refused.headers['retry-after']).toMatch(/^(60|5\d)$/);
    expect(refused.headers.ratelimit).toBe(`"user";r=0;t=${refused.headers['retry-after']}`);
    expect((await perUser.send(here, bareList(ada))).body.error_code).toBe('RATE_LIMITED');
  });

  test('is refused from every address, while others at the same one are served', async () => {
    const ada = await app.newUser();
    expect(await perUser.repeat(3, here, list(ada))).toEqual([200, 200, 429]);
    expect((await perUser.send(there, list(ada))).status).toBe(429);
    expect(await perUser.repeat(2, here, list(await app.newUser()))).toEqual([200, 200]);
  });

  test('is counted with requests for the data of others, too', async () => {
    const ada = await app.newUser();
    const theirs = { ...list(ada), url: '/api/v1/users/bob/tasks' };
    expect(await perUser.repeat(3, here, theirs)).toEqual([403, 403, 429]);
  });

  test('or an address is served again once the time is over', async () => {
    const login = { method: 'POST', url: '/api/v1/auth/login', payload: {} } as const;
    const from = newAddress();
    expect(await perUser.repeat(3, from, login)).toEqual([422, 422, 429]);
    await expect.poll(async () => (await perUser.send(from, login)).status, patience).toBe(422);
  });
});

describe('an address', () => {
  const nowhere = { url: '/wp-admin/setup.php' };

  test.each([
    ['that looks for paths', nowhere, 404],
    ['that looks for paths below /api/v1', { url: '/api/v1/nothing' }, 404],
    ['that tries tokens', { url: '/api/v1/users/a/tasks', headers: { authorization: 'Bearer x' } }, 401],
    ['that tries methods', { method: 'TRACE', url: '/api/a/tasks' } as const, 405],
    ['that asks Better Auth', { url: '/api/auth/get-session' }, 200],
    ['that reads the page', { url: '/openapi.json' }, 200],
  ])('%s is limited', async (_, request, status) => {
    const [one, other] = 'headers' in request ? [here, there] : [newAddress(), newAddress()];
    expect(await perAddress.repeat(5, one, request)).toEqual([status, status, status, 429, 429]);
    expect((await perAddress.send(other, request)).status).toBe(status);
    const { body, headers } = await perAddress.send(one, nowhere);
    expect(body).toMatchObject({ error_code: 'RATE_LIMITED', status_code: 429 });
    expect(headers['retry-after']).toMatch(/^[1-9]\d*$/);
    expect(headers['ratelimit-policy']).toBe('"address";q=3;w=60');
  });

  test('of a monitor is not limited', async () => {
    const from = newAddress();
    for (const url of ['/health', '/health/live', '/health/ready']) {
      expect(await perAddress.repeat(4, from, { url })).toEqual([200, 200, 200, 200]);
    }
  });

  test('buys nothing with headers that name another', async () => {
    const from = newAddress();
    const spoofed = testAddresses(5).map((address, index) => ({
      'x-forwarded-for': address,
      'x-real-ip': address,
      forwarded: `for=${address}`,
      'cf-connecting-ip': address,
      'true-client-ip': address,
      'x-client-ip': address,
      ...(index === 2 ? { 'x-forwarded-for': `${address}, 127.0.0.1` } : {}),
    }));
    const statuses = [];
    for (const headers of spoofed)
      statuses.push((await perAddress.send(from, { ...nowhere, headers })).status);
    expect(statuses).toEqual([404, 404, 404, 429, 429]);
  });

  test('behind a trusted proxy is the one that the proxy saw, whatever the caller wrote before it', async () => {
    const statuses = [];
    for (const [index, claimed] of testAddresses(5).entries()) {
      const seen = index < 4 ? '203.0.113.60' : '203.0.113.61';
      const headers = { 'x-forwarded-for': `${claimed}, ${seen}` };
      statuses.push((await perAddress.send(proxy, { ...nowhere, headers })).status);
    }
    expect(statuses).toEqual([404, 404, 404, 429, 404]);
  });

  test('of IPv6 is its /64, and one of IPv4 the same in either form', async () => {
    const statuses = [];
    const inOne64 = ['2001:db8:1:2::1', '2001:db8:1:2::2', '2001:db8:1:2:ffff::9', '2001:db8:1:2:1:2:3:4'];
    for (const from of [...inOne64, '2001:db8:1:3::1'])
      statuses.push((await perAddress.send(from, nowhere)).status);
    const oneIpv4 = ['203.0.113.7', '::ffff:203.0.113.7', '::FFFF:203.0.113.7', '::ffff:cb00:7107'];
    for (const from of [...oneIpv4, '::ffff:203.0.113.8'])
      statuses.push((await perAddress.send(from, nowhere)).status);
    expect(statuses).toEqual([404, 404, 404, 429, 404, 404, 404, 404, 429, 404]);
  });

  test.each([
    ['198.51.100.7', '198.51.100.7'],
    ['::1', '0:0:0:0::/64'],
    ['2001:DB8::1', '2001:db8:0:0::/64'],
    ['2001:0db8:0000:0000:1::', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['0:0:0:0:0:ffff:1.2.3.4', '1.2.3.4'],
    ['unknown:4711', 'unknown:4711'],
    ['1::2::3', '1::2::3'],
  ])('%s counts as %s', (address, key) => {
    expect(addressKey(address)).toBe(key);
  });

  test('that is refused can tell a browser of an allowed origin so', async () => {
    const headers = { origin: 'http://localhost:3000' };
    const preflight = { ...headers, 'access-control-request-method': 'GET' };
    const from = newAddress();
    await perAddress.repeat(3, from, nowhere);
    const refused = await perAddress.send(from, { ...nowhere, headers });
    expect(refused.status).toBe(429);
    expect(refused.headers['access-control-allow-origin']).toBe(headers.origin);
    expect(refused.headers['access-control-expose-headers']).toMatch(
      /RateLimit, RateLimit-Policy, Retry-After/,
    );
    const { status } = await perAddress.send(from, { ...nowhere, method: 'OPTIONS', headers: preflight });
    expect(status).toBe(204);
  });
});

describe('limits', () => {
  test('that are off say nothing', async () => {
    const { id, token } = await app.newUser();
    const { status, headers } = await app.request('GET', `/api/${id}/tasks`, { token });
    expect([status, headers.get('ratelimit'), headers.get('ratelimit-policy')]).toEqual([200, null, null]);
  });

  test('by default are those of the README, named together', async () => {
    const defaults = { RATE_LIMIT_PER_USER: '', RATE_LIMIT_PER_IP: '', RATE_LIMIT_AUTH: '' };
    const server = await startLimitedServer(app, defaults);
    const tasks = await server.send(here, list(await app.newUser()));
    const login = await server.send(here, { method: 'POST', url: '/api/v1/auth/login', payload: {} });
    expect(tasks.headers['ratelimit-policy']).toBe('"user";q=1200;w=60, "address";q=3000;w=60');
    expect(tasks.headers.ratelimit).toMatch(/^"user";r=1199;t=\d+, "address";r=2999;t=\d+$/);
    expect(login.headers['ratelimit-policy']).toBe('"auth";q=10;w=60, "address";q=3000;w=60');
  });
});

describe('a window', () => {
  const quota = { requests: 10, seconds: 60 };
  const second = 1_000;

  test('never lets more through in its length, less a tenth, than the quota', () => {
    const windows = createSlidingWindows(quota, 10);
    const passed: number[] = [];
    for (let now = 0; now < 600 * second; now += 137) {
      if (windows.take('a', now).allowed) passed.push(now);
    }
    const most = Math.max(
      ...passed.map((from) => passed.filter((at) => at >= from && at < from + 54 * second).length),
    );
    expect(most).toBe(10);
    expect(passed.length).toBeGreaterThanOrEqual(90);
    expect(passed.length).toBeLessThanOrEqual(112);
  });

  test('is no trap at its end: a burst there and another after it make one', () => {
    const windows = createSlidingWindows(quota, 10);
    windows.take('a', 0);
    const burst = (now: number) =>
      Array.from({ length: 20 }, () => windows.take('a', now)).filter(({ allowed }) => allowed).length;
    expect(burst(59.9 * second)).toBe(9);
    expect(burst(60.1 * second)).toBe(1);
    expect(burst(61 * second)).toBe(0);
    expect(burst(120 * second)).toBe(10);
  });

  test('tells a refused caller when to come back, and keeps its word', () => {
    const windows = createSlidingWindows(quota, 10);
    const times = [0, 5, 5, 20, 31, 44, 58, 58, 59, 59];
    for (const time of times) expect(windows.take('a', time * second).allowed).toBe(true);
    let now = 59 * second;
    for (let round = 0; round < 30; round += 1) {
      const { allowed, resetMs } = windows.take('a', now);
      expect(resetMs).toBeGreaterThan(0);
      expect(resetMs).toBeLessThanOrEqual(60 * second);
      if (allowed) continue;
      expect(windows.take('a', now + resetMs - 1).allowed).toBe(false);
      now += resetMs;
      expect(windows.take('a', now).allowed).toBe(true);
    }
  });

  test('of a million keys keeps as many as it may, the latest', () => {
    const windows = createSlidingWindows({ requests: 1, seconds: 60 }, maxCounters);
    for (let index = 0; index < 1_000_000; index += 1) windows.take(`key ${index}`, 0);
    expect(windows.size).toBe(maxCounters);
    expect(windows.take('key 999999', 0).allowed).toBe(false);
    expect(maxCounters).toBeLessThanOrEqual(50_000);
  });
});
