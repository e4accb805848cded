import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { createClient, type RawClient } from '../support/client.ts';
import { type Client, newClient } from '../support/tasks.ts';

let app: TestApp;
let client: Client;
let raw: RawClient;
beforeAll(async () => {
  app = await startApp();
  raw = createClient(app.url, 1);
  client = await newClient(app);
  for (let count = 0; count < 4; count += 1) await client.create({ description: 'x'.repeat(500) });
});
afterAll(async () => {
  raw.close();
  await app.close();
});

const ask = (path: string, headers: Record<string, string>) =>
  raw.send({ method: 'GET', path, headers: { authorization: `Bearer ${client.user.token}`, ...headers } });

const codingFor = async (accepted: string) =>
  (await ask(`${client.user.v1}/tasks`, { 'accept-encoding': accepted })).headers['content-encoding'];

describe('Accept-Encoding', () => {
  test.each([
    ['gzip', 'gzip'],
    ['br', 'br'],
    ['gzip, deflate, br, zstd', 'br'],
    ['gzip, deflate', 'gzip'],
    ['GZip', 'gzip'],
    ['x-gzip', 'gzip'],
    ['X-GZIP;Q=0.5', 'gzip'],
    ['*', 'br'],
    ['*;q=0.001', 'br'],
    ['br;q=0, *', 'gzip'],
    ['br;q=0, gzip;q=0, *', undefined],
    ['br;q=0.5, gzip;q=0.8', 'gzip'],
    ['br ; q=0.8 ,\tgzip;q=0.8', 'br'],
    ['gzip;q=1.000', 'gzip'],
    ['gzip;q=0', undefined],
    ['gzip;q=0.000', undefined],
    ['gzip;q=0.001', 'gzip'],
    ['gzip, identity;q=0', 'gzip'],
    ['identity;q=0', undefined],
    ['identity', undefined],
    ['identity;q=1, gzip;q=0.5', undefined],
    ['identity;q=0.5, gzip;q=0.5', 'gzip'],
    ['identity;q=0.9, *;q=0.1', undefined],
    ['*;q=0', undefined],
    ['deflate', undefined],
    ['zstd, compress', undefined],
    ['', undefined],
    [',, ,gzip,,', 'gzip'],
    ['gzip;q=2', undefined],
    ['gzip;q=0.1234', undefined],
    ['gzip;q=-1', undefined],
    ['gzip;q=NaN', undefined],
    ['gzip;q="1"', undefined],
    ['gzip;level=9', undefined],
    ['gzip gzip', undefined],
    ['gzipped', undefined],
    ['__proto__, constructor', undefined],
    [`${'a,'.repeat(3_000)}gzip`, 'gzip'],
    [`${' '.repeat(6_000)}br`, 'br'],
    ['gzip;'.repeat(1_200), undefined],
    [`gzip;q=0.${'0'.repeat(5_000)}1`, undefined],
  ])('%j gets %s', async (accepted, coding) => {
    expect(await codingFor(accepted)).toBe(coding);
  });

  test('without it, the answer is as it is', async () => {
    const { headers } = await ask(`${client.user.v1}/tasks`, {});
    expect([headers['content-encoding'], headers.vary]).toEqual([
      undefined,
      expect.stringMatching(/, Accept-Encoding$/),
    ]);
  });

  test('takes no longer the longer it is', async () => {
    const begin = performance.now();
    for (const text of [' ', ';', '\t', 'a;', 'q=', ' ;q=', 'a ;'])
      await codingFor(text.repeat(Math.floor(7_000 / text.length)));
    expect(performance.now() - begin).toBeLessThan(20_000);
  });
});

test.each(['no-transform', 'max-age=0, NO-TRANSFORM', 'no-transform , no-cache'])(
  'Cache-Control: %s of a request keeps the answer as it is',
  async (control) => {
    for (const path of [`${client.user.v1}/tasks`, `${client.user.v1}/changes`, '/openapi.json']) {
      const { headers } = await ask(path, { 'accept-encoding': 'gzip', 'cache-control': control });
      expect(headers['content-encoding'], path).toBeUndefined();
      const other = await ask(path, { 'accept-encoding': 'gzip', 'cache-control': 'x=no-transforms' });
      expect(other.headers['content-encoding'], path).toBe('gzip');
    }
  },
);

test('an answer of less than 1 kB is not compressed, but says that it depends on the codings', async () => {
  const other = await newClient(app);
  for (const path of ['/tasks', '/tags', '/trash', '/changes']) {
    const authorization = `Bearer ${other.user.token}`;
    const { headers } = await ask(other.user.v1 + path, { authorization, 'accept-encoding': 'gzip' });
    expect([headers['content-encoding'], headers.vary]).toEqual([
      undefined,
      expect.stringMatching(/, Accept-Encoding$/),
    ]);
    expect(headers.etag ?? '').not.toContain('gzip');
  }
});

test('a part of a file is sent as it is', async () => {
  const path = '/docs/static/swagger-ui.css';
  const whole = await ask(path, { 'accept-encoding': 'gzip' });
  const part = await ask(path, { 'accept-encoding': 'gzip', range: 'bytes=100-2099' });
  expect([whole.status, whole.headers['content-encoding']]).toEqual([200, 'gzip']);
  expect([part.status, part.headers['content-encoding'], part.sizeBytes]).toEqual([206, undefined, 2_000]);
  expect(part.text).toBe(whole.text.slice(100, 2_100));
  const held = await ask(path, { 'accept-encoding': 'gzip', 'if-none-match': whole.headers.etag ?? '' });
  expect([held.status, held.headers['content-encoding']]).toEqual([304, undefined]);
});
