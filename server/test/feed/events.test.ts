import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deleteOldTombstones } from '../../src/feed/upkeep.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { openEventStream, type StreamEvent } from '../support/events.ts';
import { createLocalCopy, readFeed, readFeedPage, readUserData } from '../support/feed.ts';
import { recordStatements } from '../support/record-statements.ts';
import { type Client, locsOf, newClient } from '../support/tasks.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const open = ({ user }: Client, query = '', headers: Record<string, string> = {}) =>
  openEventStream(app.url, `${user.v1}/events${query}`, user.token, headers);

const isChange = ({ event }: StreamEvent) => event === 'change';

const told = (events: readonly StreamEvent[]) =>
  events.map(({ id, data: { revision, type, op } }) => [id, revision, type, op]);

test('a stream begins with where it is, then tells of each change as the feed does', async () => {
  const client = await newClient(app);
  await client.create();
  const stream = await open(client);
  expect(stream.status).toBe(200);
  expect(stream.response.headers).toMatchObject({
    'content-type': 'text/event-stream',
    'cache-control': 'private, no-cache, no-transform',
    'x-accel-buffering': 'no',
    'x-content-type-options': 'nosniff',
    'x-request-id': expect.any(String),
  });
  const [ready] = await stream.take(1);
  expect(ready).toEqual({ event: 'ready', id: '1', data: { next_cursor: expect.any(String) } });
  expect(stream.otherLines).toEqual(['retry: 2000']);
  const task = await client.create({ title: 'line\nbreak \u2028', tags: ['a', 'b'] });
  const seen = await stream.take(3, isChange);
  expect(told(seen)).toEqual([
    ['2/tag/a', 2, 'tag', 'upsert'],
    ['2/tag/b', 2, 'tag', 'upsert'],
    ['2', 2, 'task', 'upsert'],
  ]);
  const fed = await readFeed(client, { since: ready?.data.next_cursor });
  expect(seen.map(({ data: { next_cursor, ...change } }) => change)).toEqual(fed.changes);
  expect(seen[2]?.data.task).toEqual(task);
  expect(seen.map(({ data }) => data.next_cursor)).toEqual([undefined, undefined, fed.cursor]);
  await client.v1('DELETE', `/tasks/${task.id}`);
  expect(told((await stream.take(6, isChange)).slice(3))).toEqual([
    ['3/tag/a', 3, 'tag', 'delete'],
    ['3/tag/b', 3, 'tag', 'delete'],
    ['3', 3, 'task', 'delete'],
  ]);
});

describe('a stream goes on', () => {
  test('after the longest name there is, in the middle of a revision', async () => {
    const client = await newClient(app, '😀'.repeat(255));
    await client.create({ tags: ['a'] });
    const [, profile] = await (await open(client, '', { 'last-event-id': '0' })).take(2);
    expect(profile?.id).toMatch(/^1\/profile\//);
    const again = await open(client, '', { 'last-event-id': profile?.id ?? '' });
    expect(told((await again.take(3)).slice(1))).toEqual([
      ['1/tag/a', 1, 'tag', 'upsert'],
      ['1', 1, 'task', 'upsert'],
    ]);
  });

  test('after the last event that came, whatever `since` says', async () => {
    const client = await newClient(app);
    const { next_cursor: since } = await readFeedPage(client);
    for (const title of ['one', 'two', 'three']) await client.create({ title });
    const titles = (events: StreamEvent[]) => events.map(({ data }) => data.task.title);
    for (const query of ['', `?since=${since}`]) {
      const stream = await open(client, query, { 'last-event-id': '1' });
      expect((await stream.take(1))[0]).toMatchObject({ event: 'ready', id: '1' });
      expect(titles(await stream.take(2, isChange))).toEqual(['two', 'three']);
    }
    const stream = await open(client, `?since=${since}`);
    expect((await stream.take(1))[0]).toEqual({ event: 'ready', id: '0', data: { next_cursor: since } });
    expect(told(await stream.take(4, isChange)).map(([id]) => id)).toEqual([
      expect.stringContaining('1/profile/'),
      '1',
      '2',
      '3',
    ]);
  });

  test('from where it was ready, when nothing came', async () => {
    const client = await newClient(app);
    await client.create();
    const [ready] = await (await open(client)).take(1);
    const { id } = await client.create();
    for (const [query, headers] of [
      [`?since=${ready?.data.next_cursor}`, {}],
      ['', { 'last-event-id': ready?.id ?? '' }],
    ] as const) {
      const stream = await open(client, query, headers);
      expect((await stream.take(1, isChange))[0]?.data).toMatchObject({ revision: 2, id });
    }
  });

  test('in the middle of a revision, by a cursor of the feed', async () => {
    const client = await newClient(app);
    await client.create();
    const since = (await readFeed(client)).cursor;
    const task = await client.create({ tags: ['a', 'b'] });
    const middle = await readFeedPage(client, since, 'limit=2');
    const stream = await open(client, `?since=${middle.next_cursor}`);
    const [ready, change] = await stream.take(2);
    expect(ready).toMatchObject({ id: '2/tag/b' });
    expect(change).toMatchObject({ id: '2', data: { id: task.id } });
  });

  test('in the middle of a revision that never fits into one connection, by the id of each event', async () => {
    const client = await newClient(app);
    const names = ['a/b', 'é 1%', 'x\ny', '?#&="', '😀'];
    await client.create({ tags: names });
    const seen: StreamEvent[] = [];
    for (let last = '0'; last !== '1'; last = seen.at(-1)?.id ?? '') {
      const stream = await open(client, '', { 'last-event-id': last });
      expect((await stream.take(1))[0]?.id).toBe(last);
      seen.push(...(await stream.take(1, isChange)));
      stream.close();
    }
    const { changes } = await readFeed(client);
    expect(seen.map(({ data: { next_cursor, ...change } }) => change)).toEqual(changes);
    expect(seen).toHaveLength(names.length + 2);
  });

  test('through more than a page, and from the start by the id 0', async () => {
    const client = await newClient(app);
    await sql`insert into duly.owners (user_id, revision) values (${client.user.id}, 230)`.execute(
      app.ctx.db,
    );
    await sql`insert into duly.tasks (user_id, title, revision)
      select ${client.user.id}, 'x', 1 + n / 2 from generate_series(1, 450) n`.execute(app.ctx.db);
    const first = await readFeedPage(client, undefined, 'limit=1');
    for (const [query, headers, mirror] of [
      [`?since=${first.next_cursor}`, {}, createLocalCopy()],
      ['', { 'last-event-id': '0' }, createLocalCopy()],
    ] as const) {
      if (query !== '') first.data.forEach(mirror.apply);
      const stream = await open(client, query, headers);
      const events = await stream.take(query === '' ? 451 : 450, isChange);
      for (const { data } of events) mirror.apply(data);
      expect(mirror.known()).toEqual(await readUserData(client));
      expect(events.filter(({ id }) => !id?.includes('/'))).toHaveLength(226);
    }
  });
});

test('the last event is named by the query too, for polyfills of EventSource; the header wins', async () => {
  const client = await newClient(app);
  const { next_cursor: since } = await readFeedPage(client);
  for (const title of ['one', 'two', 'three']) await client.create({ title });
  for (const [query, headers, id] of [
    ['?lastEventId=1', {}, '1'],
    [`?since=${since}&lastEventId=2`, {}, '2'],
    ['?lastEventId=1', { 'last-event-id': '2' }, '2'],
    ['?lastEventId=1', { 'last-event-id': '' }, '1'],
    [`?since=${since}&lastEventId=`, {}, '0'],
    ['?lastEventId=broken', { 'last-event-id': '2' }, '2'],
    ['?since=broken', { 'last-event-id': '2' }, '2'],
  ] as const) {
    const stream = await open(client, query, headers);
    expect((await stream.take(1))[0], query).toMatchObject({ event: 'ready', id });
    stream.close();
  }
  // A position within a revision, encoded as a browser does it.
  const { id } = await client.create({ tags: ['a b'] });
  const stream = await open(client, `?lastEventId=${encodeURIComponent('4/tag/a%20b')}`);
  expect((await stream.take(1, isChange))[0]).toMatchObject({ id: '4', data: { id } });
  const refused = await client.v1('GET', '/events?lastEventId=broken');
  expect([refused.status, locsOf(refused.body.errors)]).toEqual([422, ['query.lastEventId']]);
});

test('an empty Last-Event-ID is none', async () => {
  const client = await newClient(app);
  await client.create();
  const stream = await open(client, '', { 'last-event-id': '' });
  expect((await stream.take(1))[0]).toMatchObject({ id: '1' });
});

describe('refused:', () => {
  test.each([
    'x',
    '-1',
    '1.5',
    '01x',
    '9'.repeat(16),
    '1/',
    '1/x/y',
    '1/tag/',
    '1/tag/%',
    '1/tag/%00',
    '1/tag/%ff',
  ])('the last event %j, by name', async (id) => {
    const stream = await open(await newClient(app), '', { 'last-event-id': id });
    const body = JSON.parse(await stream.text());
    expect([stream.status, ...locsOf(body.errors)]).toEqual([422, 'header.last-event-id']);
  });

  test("a cursor that is another user's, edited, or of something else", async () => {
    const [client, other] = [await newClient(app), await newClient(app)];
    for (const since of [(await readFeedPage(other)).next_cursor, 'x', '']) {
      const stream = await open(client, `?since=${since}`);
      const body = JSON.parse(await stream.text());
      expect([stream.status, ...locsOf(body.errors)]).toEqual([422, 'query.since']);
    }
    expect((await open(client, '?limit=1')).status).toBe(422);
  });

  test('a place that is forgotten or not there yet, before the stream begins', async () => {
    const client = await newClient(app);
    const { id } = await client.create();
    const { cursor } = await readFeed(client);
    await client.v1('DELETE', `/tasks/${id}`);
    await client.v1('DELETE', `/trash/${id}`);
    await deleteOldTombstones(app.ctx.db, 0);
    for (const [query, headers] of [
      [`?since=${cursor}`, {}],
      ['', { 'last-event-id': '2' }],
      ['', { 'last-event-id': '4' }],
    ] as const) {
      const stream = await open(client, query, headers);
      expect([stream.status, JSON.parse(await stream.text()).error_code]).toEqual([410, 'CURSOR_EXPIRED']);
    }
    expect((await open(client, '', { 'last-event-id': '3' })).status).toBe(200);
  });
});

test('HEAD says what GET would, and is over', async () => {
  const client = await newClient(app);
  const { status, headers, text } = await client.v1('HEAD', '/events');
  expect([status, headers.get('content-type'), text]).toEqual([200, 'text/event-stream', '']);
});

test('a stream is told of its own user only', async () => {
  const [client, other] = [await newClient(app), await newClient(app)];
  const [mine, theirs] = [await open(client), await open(other)];
  await Promise.all([mine.take(1), theirs.take(1)]);
  for (let index = 0; index < 5; index += 1) await Promise.all([client.create(), other.create()]);
  for (const [stream, { user }] of [
    [mine, client],
    [theirs, other],
  ] as const) {
    const events = await stream.take(6, isChange);
    const owners = events.map(({ data }) => data.task?.user_id ?? data.profile?.id);
    expect(new Set(owners)).toEqual(new Set([user.id]));
  }
});

test('what 20 streams of a user are told is read once', async () => {
  const client = await newClient(app);
  const streams = await Promise.all(Array.from({ length: 20 }, () => open(client)));
  await Promise.all(streams.map((stream) => stream.take(1)));
  const { statements: asked, restore } = recordStatements(app.ctx.db);
  const { id } = await client.create();
  for (const stream of streams)
    expect((await stream.take(2, isChange)).map(({ data }) => data.id)).toEqual([client.user.id, id]);
  restore();
  expect(asked.filter((query) => query.includes('tombstones')).length).toBeLessThanOrEqual(2);
});
