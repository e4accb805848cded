import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { findInconsistencies } from '../support/cache-observations.ts';
import { createTestClient, newMarker } from '../support/cache-workload.ts';
import { createConcurrentWorkload } from '../support/concurrent-workload.ts';
import { seeded } from '../support/random.ts';
import { statementsOf } from '../support/sql/count.ts';

/**
 * Other requests, or those of a failure: `DULY_TEST_SEED=7 npm test -- server/test/response-cache/cache-model.test.ts`.
 */
const seed = Number(process.env.DULY_TEST_SEED ?? 20_261_122);
const writesEach = 50;
const readers = 6;

let app: TestApp;
let other: TestApp;
beforeAll(async () => {
  // So that no midnight comes between a response and its check.
  vi.useFakeTimers({ toFake: ['Date'] });
  app = await startApp();
  other = await startApp({}, app);
});
afterAll(async () => {
  // Timers that compare with the time need a clock that goes on.
  vi.useRealTimers();
  await other.close();
  await app.close();
});

test(`two instances, seed ${seed}: each response shows a state that held between request and response`, async () => {
  const random = seeded(seed);
  const clients = await Promise.all(
    [true, false, false, false].map((has, index) => createTestClient(app, newMarker(index), has)),
  );
  const workload = createConcurrentWorkload([app, other], clients, random, writesEach);
  const { observations } = workload;
  const statements = await statementsOf(() =>
    Promise.all([...workload.runWriters(), ...Array.from({ length: readers }, workload.runReader)]),
  );
  workload.close();

  expect(findInconsistencies(observations, clients), `seed ${seed}`).toEqual([]);
  const count = (status: number) => observations.filter((each) => each.status === status).length;
  // There were both hits and misses.
  const reads = statements.filter((statement) =>
    /"page" as|"t"\."id" = \$\d|"usage_count"|asked$/.test(statement),
  );
  expect(count(503)).toBeLessThan(0.02 * observations.length);
  expect({ all: observations.length, notModified: count(304), reads: reads.length }).toEqual({
    all: expect.toSatisfy((number: number) => number > 500),
    notModified: expect.toSatisfy((number: number) => number > 50),
    reads: expect.toSatisfy((number: number) => number > 50 && number < 0.95 * observations.length),
  });
});
