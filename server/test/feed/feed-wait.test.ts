import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { readFeed, readFeedPage } from '../support/feed.ts';
import { patience } from '../support/patience.ts';
import { type Client, locsOf, newClient } from '../support/tasks.ts';

let app: TestApp;
beforeAll(async () => {
  // Connections for two requests only: a waiting request must not hold one.
  app = await startApp({ DATABASE_POOL_SIZE: '2', DATABASE_POOL_OVERFLOW: '0' });
});
afterAll(() => app.close());

/** Starts a long poll, and waits until the server waits. The result contains the promise of the response. */
async function wait(client: Client, since: string, seconds = 30) {
  const before = app.ctx.subscriptions.count();
  const began = performance.now();
  const asked = readFeedPage(client, since, `wait=${seconds}`);
  await vi.waitFor(() => expect(app.ctx.subscriptions.count()).toBeGreaterThan(before), patience);
  return { answer: asked.then((page) => ({ ...page, tookMs: performance.now() - began })) };
}

describe('a request that waits', () => {
  test('is answered with the first change, as soon as it is made', async () => {
    const client = await newClient(app);
    const { cursor } = await readFeed(client);
    const { answer } = await wait(client, cursor);
    const { id } = await client.create();
    const { data, next_cursor, tookMs } = await answer;
    expect(data.map((change) => change.id)).toEqual([client.user.id, id]);
    expect(tookMs).toBeLessThan(20_000);
    expect((await readFeedPage(client, next_cursor)).data).toEqual([]);
  });

  test('is answered at once when there is something already, as is an initial sync', async () => {
    const client = await newClient(app);
    const { cursor } = await readFeed(client);
    await client.create();
    const began = performance.now();
    expect((await readFeedPage(client, cursor, 'wait=30')).data).toHaveLength(2);
    expect((await readFeedPage(client, undefined, 'wait=30')).data).toHaveLength(2);
    expect(performance.now() - began).toBeLessThan(20_000);
  });

  test('is answered with nothing when the wait is over, and the cursor is as good as before', async () => {
    const client = await newClient(app);
    const { cursor } = await readFeed(client);
    const { answer } = await wait(client, cursor, 1);
    const { data, has_more, next_cursor, tookMs } = await answer;
    expect([data, has_more, next_cursor]).toEqual([[], false, cursor]);
    expect(tookMs).toBeGreaterThan(950);
  });

  test("is not woken by others' changes, nor by a write that changes nothing", async () => {
    const [client, other] = [await newClient(app), await newClient(app)];
    const { id } = await client.create();
    const { cursor } = await readFeed(client);
    const { answer } = await wait(client, cursor, 2);
    await other.create();
    await client.v1('PATCH', `/tasks/${id}`, {});
    await client.v1('PATCH', '/tasks/none', { title: 'x' });
    expect((await answer).data).toEqual([]);
  });

  test('holds no connection: 40 of them and as many requests go through two', async () => {
    const clients = await Promise.all(Array.from({ length: 40 }, () => newClient(app)));
    const waits = await Promise.all(
      clients.map(async (client) => wait(client, (await readFeedPage(client)).next_cursor)),
    );
    await vi.waitFor(() => expect(app.ctx.subscriptions.count()).toBe(40), patience);
    const made = await Promise.all(clients.map((client) => client.create()));
    for (const [index, { answer }] of waits.entries())
      expect((await answer).data.at(-1)?.id).toBe(made[index]?.id);
    expect(app.ctx.subscriptions.count()).toBe(0);
  });

  test.each(['wait=31', 'wait=-1', 'wait=1.5', 'wait=x'])('is refused with %s', async (query) => {
    const { status, body } = await (await newClient(app)).v1('GET', `/changes?${query}`);
    expect([status, ...locsOf(body.errors)]).toEqual([422, 'query.wait']);
  });
});

test('a long poll misses none of 60 writes at random moments', async () => {
  const client = await newClient(app);
  const seen = new Set<string>();
  let isDone = false;
  const follow = async () => {
    for (let cursor: string | undefined; !isDone; ) {
      const page = await readFeedPage(client, cursor, 'wait=1');
      for (const { type, id } of page.data) if (type === 'task') seen.add(id);
      cursor = page.next_cursor;
    }
  };
  const following = follow();
  const made = new Set<string>();
  for (let index = 0; index < 60; index += 1) {
    made.add((await client.create()).id);
    await sleep(index % 5);
  }
  await vi.waitFor(() => expect(seen).toEqual(made), patience);
  isDone = true;
  await following;
});
