import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import { StartError } from '../../src/platform/errors.ts';
import { secret, startApp, type TestApp } from '../support/app.ts';
import { metricsToken, sampleValue, scrape } from '../support/metrics.ts';

let plain: TestApp;
let app: TestApp;
beforeAll(async () => {
  plain = await startApp();
  app = await startApp({ METRICS_TOKEN: metricsToken, RATE_LIMIT_PER_USER: '1/60' }, plain);
});
afterAll(async () => {
  await app.close();
  await plain.close();
});

/** A response without its request id and time. */
async function essence(on: TestApp, method: string, path: string, authorization?: string) {
  const response = await fetch(on.url + path, {
    method,
    headers: { ...(authorization && { authorization }) },
  });
  const text = await response.text();
  const headers = Object.fromEntries(response.headers);
  for (const name of ['date', 'x-request-id']) delete headers[name];
  return {
    status: response.status,
    headers,
    text: text.replace(/"timestamp":"[^"]+"/, '').replace(/"request_id":"[^"]+"/, ''),
  };
}

test.each([
  ['GET', 404],
  ['HEAD', 404],
  ['POST', 404],
  ['DELETE', 404],
  ['OPTIONS', 404],
])('without METRICS_TOKEN, %s /metrics is a path like any that is not there', async (method, status) => {
  const { token } = await plain.newUser();
  for (const authorization of [
    undefined,
    `Bearer ${token}`,
    `Bearer ${metricsToken}`,
    'Bearer ',
    'Bearer undefined',
  ]) {
    const [metrics, other] = await Promise.all(
      ['/metrics', '/metrixs'].map((path) => essence(plain, method, path, authorization)),
    );
    expect(metrics).toEqual(other);
    expect(metrics?.status).toBe(status);
  }
});

test('with METRICS_TOKEN, a request with that token gets the metrics', async () => {
  const response = await fetch(`${app.url}/metrics`, {
    headers: { authorization: `bearer ${metricsToken}` },
  });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  expect(response.headers.get('cache-control')).toBe('private, no-cache');
  expect(await response.text()).toMatch(/^# HELP duly_http_request_duration_seconds /);
  expect((await essence(app, 'HEAD', '/metrics', `Bearer ${metricsToken}`)).status).toBe(200);
});

test('nobody else does: the token of a user or a part of the right one is a 401 as everywhere', async () => {
  const user = await app.newUser();
  const everywhere = await essence(app, 'GET', `${user.v1}/tasks`, 'Bearer wrong');
  expect(everywhere.status).toBe(401);
  for (const authorization of [
    `Bearer ${user.token}`,
    `Bearer ${metricsToken}x`,
    `Bearer ${metricsToken.slice(0, -1)}`,
    `Bearer ${metricsToken.toUpperCase()}`,
    `Basic ${metricsToken}`,
    metricsToken,
    `Bearer ${metricsToken} ${metricsToken}`,
  ]) {
    expect(await essence(app, 'GET', '/metrics', authorization), authorization).toEqual(everywhere);
  }
  const missing = await essence(app, 'GET', '/metrics');
  expect(missing).toEqual(await essence(app, 'GET', `${user.v1}/tasks`));
  expect(missing.headers['www-authenticate']).toBe('Bearer realm="duly"');
  expect(
    (await essence(app, 'GET', `/metrics?access_token=${metricsToken}&token=${metricsToken}`)).status,
  ).toBe(401);
});

test('two Authorization headers are none, even if one is right', async () => {
  const sent = httpRequest(`${app.url}/metrics`);
  sent.setHeader('authorization', [`Bearer ${metricsToken}`, 'Bearer wrong-wrong-wrong']);
  sent.end();
  const [response]: IncomingMessage[] = await once(sent, 'response');
  response?.resume();
  expect(response?.statusCode).toBe(401);
});

test('the token opens nothing else, and the path has no other methods', async () => {
  const user = await app.newUser();
  for (const path of [`${user.v1}/tasks`, '/api/v1/admin/users', `${user.bare}/tasks`]) {
    expect((await essence(app, 'GET', path, `Bearer ${metricsToken}`)).status).toBe(401);
  }
  const { status, headers } = await essence(app, 'POST', '/metrics', `Bearer ${metricsToken}`);
  expect([status, headers.allow]).toEqual([405, 'GET, HEAD, OPTIONS']);
  expect((await app.request('GET', '/openapi.json')).text).not.toContain('/metrics');
});

test('scrapes are limited by address as everything else, not by user', async () => {
  const limited = await startApp(
    { METRICS_TOKEN: metricsToken, RATE_LIMIT_PER_IP: '4/60', RATE_LIMIT_PER_USER: '1/60' },
    plain,
  );
  try {
    for (let time = 0; time < 3; time += 1) await scrape(limited.url);
    const samples = await scrape(limited.url);
    expect(sampleValue(samples, 'duly_rate_limit_refusals_total', { limit: 'address' })).toBe(0);
    expect((await essence(limited, 'GET', '/metrics', `Bearer ${metricsToken}`)).status).toBe(429);
  } finally {
    await limited.close();
  }
});

const read = (METRICS_TOKEN: string) =>
  readConfig({ BETTER_AUTH_SECRET: secret, METRICS_TOKEN }).metrics.token;

test.each([
  'sixteen-letters!'.replace('!', '.'),
  'x'.repeat(512),
  'AbC+/09-._~xyz0123==',
  ` ${metricsToken} `,
])('METRICS_TOKEN=%j is taken', (value) => {
  expect(read(value)).toBe(value.trim());
});

test('an empty METRICS_TOKEN is none', () => {
  expect(read(' ')).toBeNull();
});

const wants = '16 to 512 letters, digits and . _ ~ + / -, e.g. from: openssl rand -base64 32';
test.each([
  ['fifteen-letters', '15 characters'],
  ['x'.repeat(513), '513 characters'],
  ['hunter2 hunter2 hunter2', 'characters that no Authorization header carries'],
  ['hunter2-hunter2-é', 'characters that no Authorization header carries'],
  ['hunter2-hunter2"x', 'characters that no Authorization header carries'],
])('METRICS_TOKEN=%j is refused with one line that does not show it', (value, got) => {
  expect(() => read(value)).toThrow(new StartError(`METRICS_TOKEN: got ${got}, wants ${wants}`));
});
