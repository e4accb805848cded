import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TestApp } from '../support/app.ts';
import { findInconsistencies } from '../support/cache-observations.ts';
import { createTestClient, createWorkload, newMarker, type Observation } from '../support/cache-workload.ts';
import { hasPostgres15, pauseReplay, resumeReplay } from '../support/postgres15.ts';
import { seeded } from '../support/random.ts';
import { type ReplicatedPair, recordStatementsByPort, startReplicatedPair } from '../support/replica.ts';

/**
 * Other requests, or those of a failure: `DULY_TEST_SEED=7 npm test --
 * server/test/response-cache/replica-model.test.ts`.
 */
const seed = Number(process.env.DULY_TEST_SEED ?? 20_261_123);
const writesEach = 40;

const dataReads = /with "page" as|^select "t"\."id"|"usage_count"|asked$/;

describe.skipIf(!hasPostgres15('a replica that stops and goes'))('a replica that stops and goes', () => {
  let pair: ReplicatedPair;
  let apps: TestApp[];
  beforeAll(async () => {
    pair = await startReplicatedPair();
    apps = [await pair.startApp({ CACHE_MAX_BYTES: '0' }), await pair.startApp()];
  });
  afterAll(async () => {
    for (const app of apps) await app.close();
  });

  test(`seed ${seed}: each read says what was so at a moment between its beginning and its end`, async () => {
    const [first] = apps;
    if (first === undefined) throw new Error('no instance');
    const random = seeded(seed);
    const players = await Promise.all(
      [0, 1, 2, 3].map((index) => createTestClient(first, newMarker(index), index === 0)),
    );
    const stage = createWorkload(apps, random);
    const notes = recordStatementsByPort();
    const sights: Observation[] = [];
    let writing = players.length * 2;

    const writer = async (player: (typeof players)[number], index: number) => {
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
    /** Pauses replay again and again, each time for the duration of some reads. */
    const replay = async () => {
      while (writing > 0) {
        await pauseReplay(pair.replica);
        const until = sights.length + 20 + random.below(80);
        while (writing > 0 && sights.length < until) sights.push(await stage.see(random.pick(players)));
        await resumeReplay(pair.replica);
        const next = sights.length + 20 + random.below(80);
        while (writing > 0 && sights.length < next) sights.push(await stage.see(random.pick(players)));
      }
    };
    await Promise.all([
      ...players.flatMap((player) => [writer(player, 0), writer(player, 1)]),
      reader(),
      reader(),
      replay(),
    ]);
    stage.close();
    notes.restore();

    expect(findInconsistencies(sights, players), `seed ${seed}`).toEqual([]);
    const readsOn = (port: number) => notes.on(port).filter((text) => dataReads.test(text)).length;
    // Both servers were read from; how often depends on how long replay pauses take.
    const many = expect.toSatisfy((count: number) => count > 10);
    expect({ primary: readsOn(pair.primary.port), replica: readsOn(pair.replica.port) }).toEqual({
      primary: many,
      replica: many,
    });
  });
});
