import { readdirSync, readFileSync } from 'node:fs';
import { beforeAll, expect, test, vi } from 'vitest';
import { mintToken } from '../support/app.ts';
import { afterFile } from '../support/clean-up.ts';
import { createDatabase, urlOf } from '../support/database.ts';
import { metricsToken, requestCounts, type Sample, sampleValue, scrape } from '../support/metrics.ts';
import { patience } from '../support/patience.ts';
import { waitUntil } from '../support/process.ts';
import { startWorkers, type WorkersServer } from '../support/workers.ts';

let server: WorkersServer;
beforeAll(async () => {
  const database = await createDatabase();
  afterFile.push(() => database.drop());
  const env = { METRICS_TOKEN: metricsToken, DATABASE_URL: urlOf(database.connection) };
  server = await startWorkers(env, afterFile);
});

const figures = () => scrape(server.url);
const countOf = (samples: readonly Sample[]) =>
  requestCounts(samples)['GET /api/v1/users/:user_id/tasks 200'] ?? 0;
const count = async () => countOf(await figures());

/** Waits, because a request is counted after its response was sent, and a killed worker is replaced after a delay. */
const expectSoon = (value: () => Promise<number>, wanted: number) =>
  vi.waitFor(async () => expect(await value()).toBe(wanted), patience);
const processes = async () => sampleValue(await figures(), 'duly_processes');

/** Sends each request on a new connection, so that both workers get some. */
async function list(times: number): Promise<void> {
  const headers = { authorization: `Bearer ${await mintToken({ sub: 'ada' })}`, connection: 'close' };
  for (let time = 0; time < times; time += 1) {
    const response = await fetch(`${server.url}/api/v1/users/ada/tasks`, { headers });
    await response.arrayBuffer();
    expect(response.status).toBe(200);
  }
}

test('each scrape shows the sum of both workers and of what started them, whichever answers it', async () => {
  await list(40);
  await expectSoon(count, 40);
  for (let time = 0; time < 10; time += 1) expect(await count()).toBe(40);
  const samples = await figures();
  expect(sampleValue(samples, 'duly_processes')).toBe(3);
  expect(sampleValue(samples, 'duly_build_info')).toBe(1);
  // The open files of the process with the most, and the limit per process.
  const limit = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
  expect(sampleValue(samples, 'process_max_fds')).toBe(Number(limit));
  const open = [server.child.pid, ...server.pids()].map((pid) => readdirSync(`/proc/${pid}/fd`).length);
  expect(Math.abs(sampleValue(samples, 'process_open_fds') - Math.max(...open))).toBeLessThan(15);
  expect(sampleValue(samples, 'duly_answer_cache_requests_total', { result: 'miss' })).toBe(40);
  expect(sampleValue(samples, 'process_resident_memory_bytes')).toBeGreaterThan(150_000_000);
  const isDone = async () => {
    const job = { job: 'purge trash' };
    return Number(sampleValue(await figures(), 'duly_job_last_success_timestamp_seconds', job) > 1e9);
  };
  await expectSoon(isDone, 1);
});

test('the sum does not fall when a worker is killed', async () => {
  const before = await count();
  expect(before).toBeGreaterThan(0);
  const [victim = 0] = server.pids();
  process.kill(victim, 'SIGKILL');
  await waitUntil(() => server.pids().length === 2 && !server.pids().includes(victim));
  await expectSoon(processes, 3);
  await list(3);
  await expectSoon(count, before + 3);
});

test('a worker that stands still counts as it last was', async () => {
  const before = (await count()) + 5;
  await list(5);
  await expectSoon(count, before);
  const [stopped = 0] = server.pids();
  process.kill(stopped, 'SIGSTOP');
  try {
    // The kernel gives some connections to the stopped worker: their requests wait.
    const counts = Array.from({ length: 16 }, count);
    expect(await Promise.race(counts)).toBe(before);
    process.kill(stopped, 'SIGCONT');
    expect(await Promise.all(counts)).toEqual(Array(16).fill(before));
  } finally {
    process.kill(stopped, 'SIGCONT');
  }
});

test('without an answer of the process that adds up, a scrape is a 503', async () => {
  const headers = { authorization: `Bearer ${metricsToken}`, connection: 'close' };
  server.child.kill('SIGSTOP');
  try {
    const response = await fetch(`${server.url}/metrics`, { headers });
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
  } finally {
    server.child.kill('SIGCONT');
  }
  await expectSoon(processes, 3);
});
