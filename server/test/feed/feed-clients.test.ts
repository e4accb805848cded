import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { deleteOldTombstones, tombstoneUnusedTags } from '../../src/feed/upkeep.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { readUserData } from '../support/feed.ts';
import { type FeedClient, pollFeed, streamFeed } from '../support/feed-clients.ts';
import { isLong } from '../support/long-tests.ts';
import { type Random, seeded } from '../support/random.ts';
import { type Client, newClient } from '../support/tasks.ts';
import { createWriter } from '../support/writes.ts';

/**
 * Long run: `DULY_FEED_ROUNDS=20 DULY_FEED_SECONDS=60 npm test -- server/test/feed/feed-clients.test.ts`.
 * `DULY_TEST_SEED` selects other writes, or repeats those of a failure.
 */
const rounds = Number(process.env.DULY_FEED_ROUNDS ?? (isLong ? 2 : 1));
const seconds = Number(process.env.DULY_FEED_SECONDS ?? 0);
const seed = Number(process.env.DULY_TEST_SEED ?? 20_261_121);
const writers = 8;
/** Used when `seconds` is 0. */
const writesPerWriter = 30;

let first: TestApp;
/** Another instance on the same database; `disturb` restarts it. */
let second: TestApp;
beforeAll(async () => {
  first = await startApp();
  second = await startApp({}, first);
});
afterAll(async () => {
  await second.close();
  await first.close();
});

/** Sends a request to either instance. The result is a 503 if that instance is stopped. */
function sender({ user }: Client, random: Random): Client['v1'] {
  return async (method, path, body) => {
    const on = random.pick([first, second]);
    try {
      return await on.request(method, user.v1 + path, { token: user.token, body });
    } catch (error) {
      const message = error instanceof Error ? error.message : '';
      // On a busy machine a request may time out with 408, which openapi.json does not list for it.
      if (message.includes('breaks openapi.json') && !message.endsWith('status 408')) throw error;
      return { status: 503, headers: new Headers(), text: '', body: undefined };
    }
  };
}

async function write(client: Client, random: Random, endsAt: number): Promise<void> {
  const writeOne = createWriter(sender(client, random), random, [503]);
  for (let count = 0; seconds > 0 ? performance.now() < endsAt : count < writesPerWriter; count += 1)
    await writeOne();
}

/** Restarts an instance, and deletes unused tags and old tombstones, while there are writes. */
async function disturb(random: Random, isOver: () => boolean): Promise<void> {
  // In a short round, a restart takes most of the time.
  for (let left = seconds > 0 ? Number.POSITIVE_INFINITY : 1; left > 0 && !isOver(); left -= 1) {
    await sleep(500 + random.below(seconds > 0 ? 4_000 : 500));
    await second.close();
    second = await startApp({}, first);
    await tombstoneUnusedTags(first.ctx.db);
    // Clients that follow the feed need the newer tombstones; a slower client gets 410 and starts again.
    if (random.chance(0.5)) await deleteOldTombstones(first.ctx.db, 0);
  }
}

function feedClientsOf({ user }: Client, random: Random): FeedClient[] {
  const reach = {
    path: user.v1,
    token: user.token,
    url: () => random.pick([first, second]).url,
  };
  return [
    pollFeed('pages', reach, () => `limit=${random.pick([1, 2, 7, 100])}`),
    pollFeed('waits', reach, () => `limit=100&wait=${random.pick([1, 2])}`),
    streamFeed('events', reach, random),
    streamFeed('more events', reach, random),
  ];
}

test.each(Array.from({ length: rounds }, (_, round) => round + 1))(
  `round %i of seed ${seed}: clients of every kind end with what the server has`,
  async (round) => {
    const random = seeded(seed + round);
    const client = await newClient(first);
    const feedClients = feedClientsOf(client, random);
    let isOver = false;
    const disturbing = disturb(random, () => isOver);
    const endsAt = performance.now() + seconds * 1000;
    await Promise.all(Array.from({ length: writers }, () => write(client, random, endsAt)));
    isOver = true;
    await disturbing;
    const [revision, known] = [await client.revision(), await readUserData(client)];
    expect(revision).toBeGreaterThan(writers * 10);
    for (const { name, mirror, finish } of feedClients) {
      await finish(revision);
      expect(mirror.known(), name).toEqual(known);
    }
    console.log(
      `round ${round}: ${revision} revisions,`,
      feedClients.map(({ name, interruptions }) => `${name} interrupted ${interruptions()} times`).join(', '),
    );
  },
  60_000 + seconds * 2_000,
);
