import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { registerAccount } from '../support/accounts.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { createLocalCopy, readFeed, readFeedPage, readUserData } from '../support/feed.ts';
import { isLong } from '../support/long-tests.ts';
import { seeded } from '../support/random.ts';
import { locsOf, newClient } from '../support/tasks.ts';
import { createWriter } from '../support/writes.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

/** Changes without the items themselves. */
const told = (changes: { revision: number; type: string; id: string; op: string }[]) =>
  changes.map(({ revision, type, id, op }) => [revision, type, id, op]);

describe('an initial sync', () => {
  test('has the profile of a user without tasks', async () => {
    const client = await newClient(app);
    const { status, body } = await client.v1('GET', '/changes');
    expect(status).toBe(200);
    const profile = (await client.v1('GET', '')).body.data;
    expect(body).toEqual({
      data: [{ revision: 0, type: 'profile', id: client.user.id, op: 'upsert', profile }],
      message: 'Changes retrieved successfully',
      status_code: 200,
      next_cursor: expect.stringMatching(/^[\w-]+$/),
      has_more: false,
    });
    expect(await readFeedPage(client, body.next_cursor)).toMatchObject({ data: [], has_more: false });
  });

  test('has each item once, in its current state, at the revision of its newest change, in order', async () => {
    const client = await newClient(app);
    const { user } = client;
    const first = await client.create({ title: 'first', tags: ['home', 'work'] });
    const second = await client.create({ title: 'second', tags: ['home'] });
    await client.v1('PATCH', `/tasks/${first.id}`, { title: 'renamed', tags: ['work', 'later'] });
    const { changes } = await readFeed(client);
    expect(changes).toEqual([
      {
        revision: 1,
        type: 'profile',
        id: user.id,
        op: 'upsert',
        profile: (await client.v1('GET', '')).body.data,
      },
      { revision: 1, type: 'tag', id: 'work', op: 'upsert', tag: { name: 'work', usage_count: 1 } },
      { revision: 2, type: 'task', id: second.id, op: 'upsert', task: second },
      { revision: 3, type: 'tag', id: 'home', op: 'upsert', tag: { name: 'home', usage_count: 1 } },
      { revision: 3, type: 'tag', id: 'later', op: 'upsert', tag: { name: 'later', usage_count: 1 } },
      { revision: 3, type: 'task', id: first.id, op: 'upsert', task: await client.get(first.id) },
    ]);
  });

  test('leaves out what was deleted before', async () => {
    const client = await newClient(app);
    const { id } = await client.create({ tags: ['gone'] });
    await client.v1('DELETE', `/tasks/${id}`);
    const { changes } = await readFeed(client);
    expect(told(changes)).toEqual([[1, 'profile', client.user.id, 'upsert']]);
  });

  test.each([1, 2, 3, 7, 100])('has the same changes in the same order with pages of %i', async (limit) => {
    const client = await newClient(app);
    for (let index = 0; index < 8; index += 1) await client.create({ tags: [`tag ${index % 3}`, 'all'] });
    const [{ changes }, paged] = [
      await readFeed(client),
      await readFeed(client, { query: `limit=${limit}` }),
    ];
    expect(changes).toHaveLength(13);
    expect(paged.changes).toEqual(changes);
  });
});

test.each([
  ['of four bytes', '😀'],
  ['that JSON writes with six', '\u0001'],
])('a user id of 255 characters %s fits into every cursor', async (_, character) => {
  const client = await newClient(app, character.repeat(255));
  await client.create({ tags: [character.repeat(50).replaceAll('\u0001', '"'), 'b'] });
  const { changes } = await readFeed(client, { query: 'limit=1' });
  expect(told(changes).map(([, type]) => type)).toEqual(['profile', 'tag', 'tag', 'task']);
});

describe('since a cursor', () => {
  test('come changes made since, and only those: upserts and deletions', async () => {
    const client = await newClient(app);
    const [kept, gone] = [
      await client.create({ tags: ['both', 'kept'] }),
      await client.create({ tags: ['both'] }),
    ];
    const { cursor } = await readFeed(client);
    await client.v1('DELETE', `/tasks/${gone.id}`);
    await client.v1('PATCH', `/tasks/${kept.id}`, { tags: ['both'] });
    const { changes, cursor: next } = await readFeed(client, { since: cursor });
    expect(told(changes)).toEqual([
      [3, 'tag', 'both', 'upsert'],
      [3, 'task', gone.id, 'delete'],
      [4, 'tag', 'kept', 'delete'],
      [4, 'task', kept.id, 'upsert'],
    ]);
    expect(changes[1]).not.toHaveProperty('task');
    expect((await readFeedPage(client, next)).data).toEqual([]);
    // The same cursor gives the same changes again.
    expect((await readFeed(client, { since: cursor })).changes).toEqual(changes);
  });

  test('a write that changes nothing is none', async () => {
    const client = await newClient(app);
    const { id } = await client.create();
    const { cursor } = await readFeed(client);
    await client.v1('PATCH', `/tasks/${id}`, {});
    expect(await readFeedPage(client, cursor)).toMatchObject({ data: [], next_cursor: cursor });
  });

  test('the profile comes when it changes, by whichever way', async () => {
    const account = await registerAccount(app);
    const client = {
      v1: (method: string, path: string, body?: unknown) => account.send(account.token, method, path, body),
    };
    const news = async (since?: string) => {
      const page = await readFeedPage(client, since);
      expect(page.has_more).toBe(false);
      return { cursor: page.next_cursor, seen: page.data.map(({ type, profile }) => [type, profile]) };
    };
    const profile = async () => [['profile', (await client.v1('GET', '')).body.data]];
    let { cursor, seen } = await news();
    expect(seen).toEqual(await profile());
    await client.v1('PATCH', '', { first_name: 'Augusta', time_zone: 'Europe/London' });
    ({ cursor, seen } = await news(cursor));
    expect(seen).toEqual(await profile());
    await sql`update better_auth."user" set "emailVerified" = true where id = ${account.id}`.execute(
      app.ctx.db,
    );
    ({ cursor, seen } = await news(cursor));
    expect(seen).toEqual(await profile());
    expect((await news(cursor)).seen).toEqual([]);
  });

  test('the profile comes when its account goes', async () => {
    const account = await registerAccount(app);
    const token = await account.sharedSecretToken();
    const v1 = (method: string, path: string, body?: unknown) => account.send(token, method, path, body);
    await v1('POST', '/tasks', { title: 'x' });
    const { next_cursor: since } = await readFeedPage({ v1 });
    await sql`delete from better_auth."user" where id = ${account.id}`.execute(app.ctx.db);
    const { data } = await readFeedPage({ v1 }, since);
    expect(data).toMatchObject([{ type: 'profile', profile: { email: null } }]);
  });

  test("a front end's user's first write changes the profile, which shows when it was", async () => {
    const client = await newClient(app);
    const mirror = createLocalCopy();
    const { changes, cursor } = await readFeed(client);
    await client.create();
    for (const change of [...changes, ...(await readFeed(client, { since: cursor })).changes])
      mirror.apply(change);
    expect(mirror.known()).toEqual(await readUserData(client));
  });
});

const rounds = isLong ? 20 : 8;

test(`an initial sync with writes between its pages ends with what the server has: ${rounds} rounds`, async () => {
  const random = seeded(4);
  for (let round = 0; round < rounds; round += 1) {
    const client = await newClient(app);
    const write = createWriter(client.v1, random);
    for (let count = random.below(12); count > 0; count -= 1) await write();
    const mirror = createLocalCopy();
    const query = `limit=${random.pick([1, 2, 3])}`;
    // The writes stop after ten pages, because one write may change more than a page holds: the sync would never end.
    let left = 10;
    const between = async () => {
      if (left > 0 && random.chance(0.6)) await write();
      left -= 1;
    };
    const { changes, cursor } = await readFeed(client, { query, between });
    for (const change of changes) mirror.apply(change);
    expect(mirror.known(), `round ${round}`).toEqual(await readUserData(client));
    const revisions = changes.map(({ revision }) => revision);
    expect(revisions).toEqual(revisions.toSorted((a, b) => a - b));
    await write();
    for (const change of (await readFeed(client, { since: cursor, query })).changes) mirror.apply(change);
    expect(mirror.known(), `round ${round}, a write later`).toEqual(await readUserData(client));
  }
});

describe('refused:', () => {
  test('a cursor that was edited, is of another list or of another user', async () => {
    const [client, other] = [await newClient(app), await newClient(app)];
    for (const one of [client, other]) for (let index = 0; index < 3; index += 1) await one.create();
    const { next_cursor: cursor } = await readFeedPage(client);
    const ofTasks = (await client.v1('GET', '/tasks?limit=1')).body.pagination.next_cursor;
    const edited = [...cursor].map(
      (letter, at) => cursor.slice(0, at) + (letter === 'A' ? 'B' : 'A') + cursor.slice(at + 1),
    );
    for (const since of [
      ...edited,
      (await readFeedPage(other)).next_cursor,
      ofTasks,
      '',
      'x',
      'A'.repeat(2001),
    ]) {
      const { status, body } = await client.v1('GET', `/changes?since=${since}`);
      expect([status, ...locsOf(body.errors)], since).toEqual([422, 'query.since']);
    }
    const { status } = await client.v1('GET', `/tasks?cursor=${cursor}`);
    expect(status).toBe(422);
  });

  test.each(['limit=0', 'limit=101', 'limit=x', 'cursor=x', 'offset=0'])('%s', async (query) => {
    const client = await newClient(app);
    const { status, body } = await client.v1('GET', `/changes?${query}`);
    expect([status, ...locsOf(body.errors)]).toEqual([422, `query.${query.split('=')[0]}`]);
  });
});
