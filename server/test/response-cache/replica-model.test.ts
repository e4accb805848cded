import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TestApp } from '../support/app.ts';
import { findInconsistencies } from '../support/cache-observations.ts';
import { createTestClient, newMarker } from '../support/cache-workload.ts';
import { createConcurrentWorkload } from '../support/concurrent-workload.ts';
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

  test(`seed ${seed}: each response shows a state that held between request and response`, async () => {
    const [first] = apps;
    if (first === undefined) throw new Error('no instance');
    const random = seeded(seed);
    const clients = await Promise.all(
      [0, 1, 2, 3].map((index) => createTestClient(first, newMarker(index), index === 0)),
    );
    const workload = createConcurrentWorkload(apps, clients, random, writesEach);
    const { observations, isWriting, observeAny, runReader } = workload;
    const statements = recordStatementsByPort();
    /** Pauses replay again and again, each time for the duration of some reads. */
    const runReplay = async () => {
      const observeSome = async () => {
        const until = observations.length + 20 + random.below(80);
        while (isWriting() && observations.length < until) await observeAny();
      };
      while (isWriting()) {
        await pauseReplay(pair.replica);
        await observeSome();
        await resumeReplay(pair.replica);
        await observeSome();
      }
    };
    await Promise.all([...workload.runWriters(), runReader(), runReader(), runReplay()]);
    workload.close();
    statements.restore();

    expect(findInconsistencies(observations, clients), `seed ${seed}`).toEqual([]);
    const readsOn = (port: number) => statements.on(port).filter((text) => dataReads.test(text)).length;
    // Both servers were read from; how often depends on how long replay pauses take.
    const many = expect.toSatisfy((count: number) => count > 10);
    expect({ primary: readsOn(pair.primary.port), replica: readsOn(pair.replica.port) }).toEqual({
      primary: many,
      replica: many,
    });
  });
});
