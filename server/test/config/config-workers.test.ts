import { availableParallelism } from 'node:os';
import { expect, test } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import { connectionsPerWorker } from '../../src/config/workers.ts';

const read = (env: Record<string, string>) =>
  readConfig({ BETTER_AUTH_SECRET: 'Vb7#kQ2-xT9mLw4.Zr8pNs3_Hd6yGf1u', ...env });

const pool = (sum: number) => ({ DATABASE_POOL_SIZE: String(sum), DATABASE_POOL_OVERFLOW: '0' });

test('one process serves unless more are asked for', () => {
  expect(read({}).workers).toBe(1);
  expect(read({ WEB_CONCURRENCY: '1', ...pool(2) }).workers).toBe(1);
  expect(read({ WEB_CONCURRENCY: '7' }).workers).toBe(7);
  expect(read({ WEB_CONCURRENCY: ' 44 ', ...pool(90) }).workers).toBe(44);
});

test('auto is one for each processor, as far as the connections go', () => {
  expect(read({ WEB_CONCURRENCY: 'auto', ...pool(90) }).workers).toBe(Math.min(44, availableParallelism()));
  expect(read({ WEB_CONCURRENCY: 'auto', ...pool(4) }).workers).toBe(1);
  expect(read({ WEB_CONCURRENCY: 'auto', ...pool(2) }).workers).toBe(1);
});

test.each(['0', '-1', '1.5', 'many', 'Auto', '1000', '0x2'])('%s is no number of workers', (value) => {
  expect(() => read({ WEB_CONCURRENCY: value })).toThrow(
    `WEB_CONCURRENCY: got ${JSON.stringify(value)}, wants a whole number from 1, or auto`,
  );
});

test('more workers than there are connections for are refused', () => {
  expect(() => read({ WEB_CONCURRENCY: '8' })).toThrow(
    'WEB_CONCURRENCY: got 8 beside a DATABASE_POOL_SIZE + DATABASE_POOL_OVERFLOW of 15, wants at most 7, or a larger pool: 2 for each and 1 more',
  );
  expect(() => read({ WEB_CONCURRENCY: '2', ...pool(4) })).toThrow(/wants a pool of at least 5$/);
});

test('all connections together are not more than the pool has', () => {
  for (let sum = 5; sum <= 90; sum += 1) {
    for (let workers = 2; workers <= (sum - 1) / 2; workers += 1) {
      const each = connectionsPerWorker(sum, workers);
      expect(each).toBeGreaterThanOrEqual(2);
      expect(each * workers + 1).toBeLessThanOrEqual(sum);
    }
  }
});

test.each([
  ['WORKER_TIMEOUT_SECONDS', 30, 2],
  ['SHUTDOWN_TIMEOUT_SECONDS', 10, 5],
] as const)('%s is %i unless set, and at least %i', (name, fallback, min) => {
  const secondsOf = (env: Record<string, string>) => {
    const { workerTimeoutSeconds, shutdownSeconds } = read(env);
    return name === 'WORKER_TIMEOUT_SECONDS' ? workerTimeoutSeconds : shutdownSeconds;
  };
  expect([secondsOf({}), secondsOf({ [name]: '60' })]).toEqual([fallback, 60]);
  expect(() => read({ [name]: String(min - 1) })).toThrow(`${name}: got "${min - 1}", wants a whole number`);
});

test('the worker that sends reminders is inside, unless it is off', () => {
  expect(read({ WORKER: 'off' }).deliveryWorker).toBe('off');
  expect(() => read({ WORKER: 'yes' })).toThrow('WORKER: got "yes", wants inside or off');
});
