import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { findInconsistencies } from '../support/cache-observations.ts';
import {
  createTestClient,
  createWorkload,
  newMarker,
  type Observation,
  type TestClient,
} from '../support/cache-workload.ts';
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
  // What waits for a moment must see it come.
  vi.useRealTimers();
  await other.close();
  await app.close();
});

test(`two instances, seed ${seed}: each read says what was so at a moment between its beginning and its end`, async () => {
  const random = seeded(seed);
  const players = await Promise.all(
    [true, false, false, false].map((has, index) => createTestClient(app, newMarker(index), has)),
  );
  const stage = createWorkload([app, other], random);
  const sights: Observation[] = [];
  let writing = players.length * 2;

  const writer = async (player: TestClient, index: number) => {
    const history = player.histories[index];
    if (history === undefined) throw new Error('no history');
    const trash: Parameters<typeof stage.act>[2] = [];
    try {
      for (let write = 0; write < writesEach; write += 1) {
        await stage.act(player, history, trash);
        for (let looks = random.below(6); looks > 0; looks -= 1) sights.push(await stage.see(player));
      }
    } finally {
      writing -= 1;
    }
  };
  const reader = async () => {
    while (writing > 0) sights.push(await stage.see(random.pick(players)));
  };

  const statements = await statementsOf(() =>
    Promise.all([
      ...players.flatMap((player) => [writer(player, 0), writer(player, 1)]),
      ...Array.from({ length: readers }, reader),
    ]),
  );
  stage.close();

  expect(findInconsistencies(sights, players), `seed ${seed}`).toEqual([]);
  const count = (status: number) => sights.filter((sight) => sight.status === status).length;
  // There were both hits and misses.
  const reads = statements.filter((statement) =>
    /"page" as|"t"\."id" = \$\d|"usage_count"|asked$/.test(statement),
  );
  expect(count(503)).toBeLessThan(0.02 * sights.length);
  expect({ sights: sights.length, held: count(304), reads: reads.length }).toEqual({
    sights: expect.toSatisfy((number: number) => number > 500),
    held: expect.toSatisfy((number: number) => number > 50),
    reads: expect.toSatisfy((number: number) => number > 50 && number < 0.95 * sights.length),
  });
});
