import { closeSync, openSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { createDatabaseLink } from '../support/database-link.ts';
import { openEventStream } from '../support/events.ts';
import { metricsToken, type Sample, sampleValue, scrape } from '../support/metrics.ts';
import { patience } from '../support/patience.ts';
import { get, waitUntilAccessEventsAreOld } from '../support/stale-setup.ts';
import { newClient } from '../support/tasks.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp({ METRICS_TOKEN: metricsToken });
});
afterAll(() => app.close());

const env = { METRICS_TOKEN: metricsToken };
const cacheOf = (samples: readonly Sample[]) =>
  Object.fromEntries(
    ['hit', 'miss', 'stale'].map((result) => [
      result,
      sampleValue(samples, 'duly_answer_cache_requests_total', { result }),
    ]),
  );

test('the cache: what it answered, made anew, and keeps', async () => {
  const client = await newClient(app);
  await client.create();
  const before = await scrape(app.url);
  const read = () => client.v1('GET', '/tasks');
  await read();
  const kept = await scrape(app.url);
  await read();
  await read();
  await client.create();
  await read();
  const after = await scrape(app.url);
  const [begin, end] = [cacheOf(before), cacheOf(after)];
  expect([(end.hit ?? 0) - (begin.hit ?? 0), (end.miss ?? 0) - (begin.miss ?? 0), end.stale]).toEqual([
    2, 2, 0,
  ]);
  const entries = (samples: Sample[]) => sampleValue(samples, 'duly_answer_cache_entries');
  expect([entries(kept) - entries(before), entries(after) - entries(before)]).toEqual([1, 1]);
  expect(sampleValue(kept, 'duly_answer_cache_bytes')).toBeGreaterThan(
    sampleValue(before, 'duly_answer_cache_bytes') + 1_000,
  );
});

test('the cache: answers that may be out of date; and it can be read while the database is away', async () => {
  const line = await createDatabaseLink(app);
  const lenient = await startApp({ ...env, SERVE_STALE: '1' }, line.viaLink);
  try {
    const client = await newClient(app);
    await client.create();
    const list = `${client.user.v1}/tasks`;
    await get(lenient, list, client.user);
    await line.breakLink('gone');
    await waitUntilAccessEventsAreOld(async () => void (await get(lenient, list, client.user)));
    const before = cacheOf(await scrape(lenient.url)).stale ?? 0;
    expect((await get(lenient, list, client.user)).headers.get('warning')).not.toBeNull();
    expect((await get(lenient, `${list}?limit=3`, client.user)).status).toBe(503);
    expect(cacheOf(await scrape(lenient.url))).toMatchObject({ miss: 1, stale: before + 1 });
  } finally {
    await lenient.close();
    await line.close();
  }
});

test('streams and waiting requests, as long as they are open', async () => {
  const { user, v1 } = await newClient(app);
  const expectOpen = (streams: number, waiting: number) =>
    vi.waitFor(async () => {
      const samples = await scrape(app.url);
      const names = ['duly_event_streams', 'duly_waiting_requests'];
      expect(names.map((name) => sampleValue(samples, name))).toEqual([streams, waiting]);
    }, patience);
  await expectOpen(0, 0);
  const streams = [];
  for (let time = 0; time < 3; time += 1)
    streams.push(await openEventStream(app.url, `${user.v1}/events`, user.token));
  await Promise.all(streams.map((stream) => stream.take(1)));
  await expectOpen(3, 0);
  const leaving = new AbortController();
  const { next_cursor } = (await v1('GET', '/changes')).body;
  const path = `${app.url}${user.v1}/changes?wait=30&since=${next_cursor}`;
  const waiting = fetch(path, { headers: { authorization: `Bearer ${user.token}` }, signal: leaving.signal });
  await expectOpen(3, 1);
  leaving.abort();
  await waiting.catch(() => undefined);
  for (const stream of streams) stream.close();
  await expectOpen(0, 0);
});

test('refusals, by the limit that refused', async () => {
  const limited = await startApp({ ...env, RATE_LIMIT_PER_USER: '2/60', RATE_LIMIT_AUTH: '1/60' }, app);
  try {
    const { token, v1 } = await limited.newUser();
    for (let time = 0; time < 5; time += 1) await limited.request('GET', `${v1}/tasks`, { token });
    const body = { email: 'nobody@example.com', password: 'wrong-password-1' };
    for (let time = 0; time < 3; time += 1) await limited.request('POST', '/api/v1/auth/login', { body });
    const samples = await scrape(limited.url);
    const refusals = samples.filter(({ name }) => name === 'duly_rate_limit_refusals_total');
    expect(Object.fromEntries(refusals.map(({ labels, value }) => [labels.limit, value]))).toEqual({
      address: 0,
      auth: 2,
      account: 0,
      user: 3,
    });
  } finally {
    await limited.close();
  }
});

test('refusals of a log-in on one account, from wherever they come', async () => {
  const limits = { RATE_LIMIT_AUTH: '2/60', TRUSTED_PROXIES: '127.0.0.1' };
  const limited = await startApp({ ...env, ...limits }, app);
  try {
    const body = { email: 'nobody@example.com', password: 'wrong-password-1' };
    const statuses = [];
    for (let time = 0; time < 4; time += 1) {
      const headers = { 'x-forwarded-for': `198.51.100.${time}` };
      statuses.push((await limited.request('POST', '/api/v1/auth/login', { body, headers })).status);
    }
    expect(statuses).toEqual([401, 401, 429, 429]);
    const samples = await scrape(limited.url);
    expect(sampleValue(samples, 'duly_rate_limit_refusals_total', { limit: 'account' })).toBe(2);
  } finally {
    await limited.close();
  }
});

test('when each job was last done', async () => {
  const name = 'duly_job_last_success_timestamp_seconds';
  expect((await scrape(app.url)).filter((sample) => sample.name === name)).toEqual([]);
  const before = Date.now() / 1000;
  await app.ctx.jobs.runAll();
  const found = (await scrape(app.url)).filter((sample) => sample.name === name);
  expect(found.map(({ labels }) => labels.job)).toEqual([
    'finish erasures',
    'store tags',
    'fold texts',
    'purge trash',
    'forget answers',
    'forget changes',
    'encrypt secrets anew',
    'delete deliveries',
    'delete expired sessions',
    'remove audit entries',
  ]);
  for (const { value } of found) {
    expect(value).toBeGreaterThanOrEqual(before);
    expect(value).toBeLessThanOrEqual(Date.now() / 1000);
  }
});

test('the pool: connections in use and idle, and who waits', async () => {
  const small = await startApp({ ...env, DATABASE_POOL_SIZE: '2', DATABASE_POOL_OVERFLOW: '0' }, app);
  const release = Promise.withResolvers<void>();
  try {
    const held = [1, 2, 3].map(() => small.ctx.db.connection().execute(() => release.promise));
    const connections = async () => {
      const samples = await scrape(small.url);
      const states = ['used', 'idle'].map((state) =>
        sampleValue(samples, 'duly_database_connections', { state }),
      );
      return [
        ...states,
        ...['waiting', 'connections_max'].map((name) => sampleValue(samples, `duly_database_${name}`)),
      ];
    };
    await vi.waitFor(async () => expect(await connections()).toEqual([2, 0, 1, 2]), patience);
    release.resolve();
    await Promise.all(held);
    expect(await connections()).toEqual([0, 2, 0, 2]);
  } finally {
    release.resolve();
    await small.close();
  }
});

test('the process: processor time, memory and a loop that was late', async () => {
  const before = await scrape(app.url);
  // The event loop is sampled every 20 ms; a delay is the time between two samples.
  await sleep(60);
  const begin = process.cpuUsage();
  for (let used = 0; used < 150_000; ) {
    const { user, system } = process.cpuUsage(begin);
    used = user + system;
  }
  const after = await scrape(app.url);
  const lags = (samples: Sample[]) =>
    ['mean', 'p99', 'max'].map((kind) => sampleValue(samples, `nodejs_eventloop_lag_${kind}_seconds`));
  const [mean = 0, p99 = 0, max = 0] = lags(after);
  expect(max).toBeGreaterThan(0.1);
  expect(mean).toBeLessThanOrEqual(p99);
  expect(p99).toBeLessThanOrEqual(max);
  const grown = (name: string) => sampleValue(after, name) - sampleValue(before, name);
  expect(grown('process_cpu_user_seconds_total') + grown('process_cpu_system_seconds_total')).toBeGreaterThan(
    0.1,
  );
  expect(grown('duly_event_loop_active_seconds_total')).toBeGreaterThan(0.1);
  for (const name of [
    'process_resident_memory_bytes',
    'nodejs_heap_size_used_bytes',
    'nodejs_heap_size_total_bytes',
  ]) {
    expect(sampleValue(after, name)).toBeGreaterThan(1_000_000);
  }
});

test('what runs, file descriptors against their limit, and pauses for garbage by kind', async () => {
  const before = await scrape(app.url);
  expect(before.find(({ name }) => name === 'duly_build_info')).toMatchObject({
    labels: { version: expect.stringMatching(/^\d+\.\d+\.\d+/), node: process.versions.node },
    value: 1,
  });
  const open = readdirSync('/proc/self/fd').length;
  expect(Math.abs(sampleValue(before, 'process_open_fds') - open)).toBeLessThan(10);
  const handles = Array.from({ length: 50 }, () => openSync('/dev/null', 'r'));
  const more = sampleValue(await scrape(app.url), 'process_open_fds');
  for (const handle of handles) closeSync(handle);
  expect(more - sampleValue(before, 'process_open_fds')).toBeGreaterThan(40);
  expect(sampleValue(before, 'process_max_fds')).toBeGreaterThan(more);

  const kinds = ['minor', 'major', 'incremental', 'weakcb'];
  const collections = (samples: readonly Sample[], suffix: string) =>
    kinds.map((kind) => sampleValue(samples, `nodejs_gc_duration_seconds_${suffix}`, { kind }));
  for (let round = 0; round < 200; round += 1)
    JSON.stringify(Array.from({ length: 20_000 }, (_, index) => ({ round, index })));
  const after = await vi.waitFor(async () => {
    const found = await scrape(app.url);
    expect(Math.max(...collections(found, 'count'))).toBeGreaterThan(0);
    return found;
  }, patience);
  expect(Math.max(...collections(after, 'sum'))).toBeGreaterThan(0);
  expect(
    kinds.map((kind) => sampleValue(after, 'nodejs_gc_duration_seconds_bucket', { kind, le: '+Inf' })),
  ).toEqual(collections(after, 'count'));
});
