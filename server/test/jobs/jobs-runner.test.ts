import { setImmediate as turn } from 'node:timers/promises';
import { pino } from 'pino';
import { beforeEach, expect, test, vi } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import { createDb } from '../../src/db/pool.ts';
import { createJobs, type Job } from '../../src/jobs/runner.ts';
import { secret } from '../support/app.ts';
import { afterTest } from '../support/clean-up.ts';

const lines: Record<string, unknown>[] = [];
const log = pino(
  { base: null, timestamp: false, formatters: { level: (level) => ({ level }) } },
  { write: (line) => lines.push(JSON.parse(line)) },
);
beforeEach(() => {
  lines.length = 0;
});

const minute = 60_000;

/** Jobs with a database that is never queried. */
function create(...jobs: Job[]) {
  const db = createDb({ connection: {}, max: 1, log });
  const config = readConfig({ BETTER_AUTH_SECRET: secret });
  const created = createJobs({ config, db, changeNotifier: { publish() {} } }, log, jobs);
  afterTest.push(() => created.close());
  return created;
}

function counting(name: string) {
  const job = {
    name,
    runs: 0,
    async run() {
      job.runs += 1;
      return 0;
    },
  };
  return job;
}

test('jobs are done one after the other; one that did something says so in one line', async () => {
  const order: string[] = [];
  const job = (name: string, count: number): Job => ({
    name,
    async run() {
      order.push(`${name} begins`);
      await turn();
      order.push(`${name} ends`);
      return count;
    },
  });
  await create(job('a', 0), job('b', 3)).runAll();
  expect(order).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
  expect(lines).toEqual([{ level: 'info', job: 'b', count: 3, msg: 'upkeep done' }]);
});

test('a job that fails is logged, the others are done, and it is tried again the next time', async () => {
  const refused = Object.assign(new Error('no'), { code: 'ECONNREFUSED' });
  const errors: (Error | null)[] = [new Error('broken'), refused, null];
  const failing: Job = {
    name: 'failing',
    async run() {
      const error = errors.shift() ?? null;
      if (error !== null) throw error;
      return 1;
    },
  };
  const other = counting('other');
  const jobs = create(failing, other);
  for (let round = 0; round < 3; round += 1) await jobs.runAll();
  expect(other.runs).toBe(3);
  const message = 'upkeep failed, to be tried again';
  expect(lines).toEqual([
    { level: 'error', job: 'failing', reason: 'Error: broken', msg: message },
    { level: 'warn', job: 'failing', reason: 'Error: no', msg: message },
    { level: 'info', job: 'failing', count: 1, msg: 'upkeep done' },
  ]);
});

test('jobs are done at the start, then every quarter of an hour or a little later, until the end', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  afterTest.push(() => vi.useRealTimers());
  const job = counting('job');
  const jobs = create(job);
  jobs.start();
  await turn();
  expect(job.runs).toBe(1);
  await vi.advanceTimersByTimeAsync(15 * minute - 1);
  expect(job.runs).toBe(1);
  await vi.advanceTimersByTimeAsync(minute + 1);
  expect(job.runs).toBe(2);
  await vi.advanceTimersByTimeAsync(32 * minute);
  expect(job.runs).toBe(4);
  await jobs.close();
  expect(vi.getTimerCount()).toBe(0);
  await vi.advanceTimersByTimeAsync(60 * minute);
  expect(job.runs).toBe(4);
});

test('a round never overlaps another one', async () => {
  let [running, most] = [0, 0];
  const slow: Job = {
    name: 'slow',
    async run() {
      running += 1;
      most = Math.max(most, running);
      await turn();
      running -= 1;
      return 1;
    },
  };
  const jobs = create(slow);
  await Promise.all([jobs.runAll(), jobs.runAll(), jobs.runAll()]);
  expect([most, lines.length]).toEqual([1, 1]);
});

test('closing aborts the running job and waits for it; later jobs do not start', async () => {
  const ended: string[] = [];
  const long: Job = {
    name: 'long',
    async run(_ctx, stop) {
      while (!stop.aborted) await turn();
      ended.push('long');
      throw new Error('the pool is closed');
    },
  };
  const next = counting('next');
  const jobs = create(long, next);
  jobs.start();
  await jobs.close();
  expect([ended, next.runs, lines]).toEqual([['long'], 0, []]);
  await jobs.runAll();
  expect(next.runs).toBe(0);
});
