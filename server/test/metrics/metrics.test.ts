import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { createClient, runConcurrently } from '../support/client.ts';
import { metricsToken, parseMetrics, requestCounts, type Sample, scrape } from '../support/metrics.ts';
import { fillPath, operations } from '../support/operations.ts';
import { patience } from '../support/patience.ts';
import { seeded } from '../support/random.ts';
import { newClient } from '../support/tasks.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp({ METRICS_TOKEN: metricsToken });
});
afterAll(() => app.close());

/**
 * Waits for a scrape that has counted `total` requests other than scrapes: a request is counted after its response was
 * sent.
 */
async function scrapeWith(total: number): Promise<Sample[]> {
  return vi.waitFor(async () => {
    const samples = await scrape(app.url);
    expect(totalOf(samples)).toBe(total);
    return samples;
  }, patience);
}

const ownCounts = (samples: readonly Sample[]) =>
  Object.fromEntries(Object.entries(requestCounts(samples)).filter(([key]) => !key.includes(' /metrics ')));

const totalOf = (samples: readonly Sample[]) =>
  Object.values(ownCounts(samples)).reduce((sum, count) => sum + count, 0);

test('each answer is counted once, by method, pattern and status', async () => {
  const client = await newClient(app);
  const { id } = await client.create();
  await client.create();
  for (let time = 0; time < 5; time += 1) await client.v1('GET', '/tasks?search=x');
  await client.v1('GET', `/tasks/${id}`);
  await client.v1('GET', `/tasks/${randomUUID()}`);
  await client.v1('PATCH', `/tasks/${id}`, { title: 5 });
  await client.bare('GET', '/tasks');
  await client.bare('DELETE', `/tasks/${id}`);
  await app.request('GET', '/health');
  await app.request('GET', `${client.user.v1}/tasks`);
  const raw = createClient(app.url, 1);
  await raw.send({ method: 'PURGE', path: `${client.user.v1}/tasks` });
  raw.close();
  const samples = await scrapeWith(15);
  expect(ownCounts(samples)).toEqual({
    'POST /api/v1/users/:user_id/tasks 201': 2,
    'GET /api/v1/users/:user_id/tasks 200': 5,
    'GET /api/v1/users/:user_id/tasks/:task_id 200': 1,
    'GET /api/v1/users/:user_id/tasks/:task_id 404': 1,
    'PATCH /api/v1/users/:user_id/tasks/:task_id 422': 1,
    'GET /api/:user_id/tasks 200': 1,
    'DELETE /api/:user_id/tasks/:task_id 204': 1,
    'GET /health 200': 1,
    'GET /api/v1/users/:user_id/tasks 401': 1,
    'TRACE /api/v1/users/:user_id/tasks 405': 1,
  });
});

test('a histogram adds up: each bucket holds those under it, the last all, the sum is their time', async () => {
  await app.request('GET', '/health/live');
  const samples = await vi.waitFor(async () => {
    const found = await scrape(app.url);
    expect(requestCounts(found)['GET /health/live 200']).toBe(1);
    return found;
  }, patience);
  const name = 'duly_http_request_duration_seconds';
  const counts = samples.filter((sample) => sample.name === `${name}_count`);
  expect(counts.length).toBeGreaterThan(2);
  for (const { labels, value } of counts) {
    const own = samples.filter((sample) =>
      Object.entries(labels).every(([label, text]) => sample.labels[label] === text),
    );
    const buckets = own.filter((sample) => sample.name === `${name}_bucket`);
    const bounds = buckets.map(({ labels: { le } }) => Number(le?.replace('+Inf', 'Infinity')));
    expect(bounds).toEqual([...new Set(bounds)].sort((a, b) => a - b));
    expect(bounds.at(-1)).toBe(Number.POSITIVE_INFINITY);
    const held = buckets.map((bucket) => bucket.value);
    expect(held).toEqual([...held].sort((a, b) => a - b));
    expect(held.at(-1)).toBe(value);
    const sum = own.find((sample) => sample.name === `${name}_sum`)?.value ?? 0;
    expect(sum).toBeGreaterThan(0);
    expect(sum).toBeLessThan(60 * value);
  }
});

describe('what is not bounded is in no label', () => {
  const seed = Number(process.env.DULY_TEST_SEED ?? 4711);
  const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PURGE', 'MKCOL'];

  function randomPath(random: ReturnType<typeof seeded>): string {
    const bases = [
      '',
      '/api',
      '/api/v1',
      '/api/v1/users',
      '/api/auth',
      '/docs',
      '/docs/static',
      '/metrics',
      '/health',
    ];
    const words = () =>
      random.pick([randomUUID(), 'tasks', 'é%F0%9F%98%80', '..', '%2e%2e', 'a"b\\c', '%', '{x="1"}', '%0A']);
    return `${random.pick(bases)}/${Array.from({ length: 1 + random.below(4) }, words).join('/')}?q=${randomUUID()}`;
  }

  test(`1,000 random paths make no series of their own (seed ${seed})`, async () => {
    const random = seeded(seed);
    const client = createClient(app.url, 16);
    const paths = () =>
      Array.from({ length: 1_000 }, () => ({ method: random.pick(methods), path: randomPath(random) }));
    const send = (list: ReturnType<typeof paths>) =>
      runConcurrently(list, 16, async (one) => void (await client.send(one).catch(() => undefined)));
    await send(paths());
    const samples = await scrape(app.url);
    client.close();
    const known = new Set(operations.map(({ path }) => path.replaceAll(/\{(\w+)\}/g, ':$1')));
    const others = ['unknown', '*', '/', '/metrics', '/openapi.json', '/api/v1/*', '/api/auth/*'];
    const routes = new Set(samples.flatMap(({ labels: { route } }) => route ?? []));
    const strange = [...routes].filter(
      (route) =>
        !known.has(route) && !others.includes(route) && !/^\/docs(\/(static\/)?\*|\/[\w./-]*)?$/.test(route),
    );
    expect(strange).toEqual([]);
    expect(routes).toContain('unknown');
    expect(new Set(samples.flatMap(({ labels: { method } }) => method ?? [])).size).toBeLessThanOrEqual(8);
    expect(samples.filter(({ labels: { route } }) => route === 'unknown').length).toBeLessThan(8 * 4 * 17);
  });

  test('no user, address, title, tag, search or token, whatever is asked', async () => {
    const marker = `canary-${randomUUID()}`;
    const user = await app.newUser(`${marker}@example.com`);
    const names = {
      user_id: user.id,
      task_id: marker,
      name: marker,
      id: marker,
      seq: '1',
      session_id: marker,
      action: marker,
    };
    const client = createClient(app.url, 8);
    await runConcurrently(operations, 8, async ({ method, path, body, parameters }) => {
      const missing = parameters.filter(({ in: place, name }) => place === 'path' && !(name in names));
      const all = { ...names, ...Object.fromEntries(missing.map(({ name }) => [name, marker])) };
      for (const authorization of [`Bearer ${user.token}`, `Bearer ${marker}`]) {
        await client.send({
          method,
          path: `${fillPath(path, all)}?search=${marker}&wait=0`,
          headers: {
            authorization,
            'content-type': 'application/json',
            'user-agent': marker,
            origin: `https://${marker}`,
          },
          body:
            body &&
            JSON.stringify(body.example).replaceAll(/"[^"]{1,20}"(?=[,}\]])/g, JSON.stringify(marker)),
        });
      }
    });
    client.close();
    const headers = { authorization: `Bearer ${metricsToken}` };
    const text = await vi.waitFor(async () => {
      const found = await (await fetch(`${app.url}/metrics`, { headers })).text();
      expect(totalOf(parseMetrics(found))).toBeGreaterThan(2 * operations.length);
      return found;
    }, patience);
    expect(text).not.toMatch(/canary|@|example\.com|%|\?/);
    expect(text).not.toContain(metricsToken);
    expect(text).not.toMatch(/[\da-f]{8}-[\da-f]{4}/);
  });
});
