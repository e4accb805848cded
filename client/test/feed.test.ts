import { afterEach, expect, test, vi } from 'vitest';
import type { TestApp } from '../../server/test/support/app.ts';
import { mintToken } from '../../server/test/support/app.ts';
import { type Change, createDuly, type Duly, type FeedEvent } from '../src/index.ts';
import { collect, failureOf, newDuly, useApp } from './support/duly.ts';

const app = useApp();
const stops: AbortController[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop.abort();
});

const newStop = () => {
  const stop = new AbortController();
  stops.push(stop);
  return stop;
};

const titleOf = (change: Change) => (change.type === 'task' ? change.task?.title : undefined);

/** Of the tasks; the profile is in the feed too. */
const titlesOf = (changes: readonly Change[]) =>
  changes.filter(({ type, op }) => type === 'task' && op === 'upsert').map(titleOf);

async function next<T>(items: AsyncGenerator<T, void, undefined>): Promise<T> {
  const { value, done } = await items.next();
  if (done || value === undefined) throw new Error('it has ended');
  return value;
}

/** The server forgets how to answer cursors of before. */
async function expireCursors({ ctx: { db } }: TestApp, userId: string): Promise<void> {
  await db.deleteFrom('duly.tombstones').where('user_id', '=', userId).execute();
  const { revision } = await db
    .selectFrom('duly.owners')
    .select('revision')
    .where('user_id', '=', userId)
    .executeTakeFirstOrThrow();
  await db.updateTable('duly.owners').set({ feed_from: revision }).where('user_id', '=', userId).execute();
}

async function make(duly: Duly, ...titles: string[]) {
  const made = [];
  for (const title of titles) made.push(await duly.tasks.create({ title }));
  return made;
}

test('the feed is read in pages, from the start or from a cursor', async () => {
  const { duly } = await newDuly(app());
  await make(duly, 'a', 'b', 'c');
  const pages = await collect(duly.changes({ limit: 2 }));
  expect(pages.flatMap(({ changes }) => titlesOf(changes))).toEqual(['a', 'b', 'c']);
  expect(pages.map(({ isReset }) => isReset)).toEqual([true, false]);
  const since = pages.at(-1)?.cursor ?? '';
  expect(await collect(duly.changes({ since }))).toEqual([]);
  const [first] = await make(duly, 'd');
  const more = await collect(duly.changes({ since }));
  expect(more).toMatchObject([{ isReset: false, changes: [{ id: first?.id, op: 'upsert' }] }]);
});

test('a user who has written nothing gets one page, with the profile and a cursor', async () => {
  const { duly } = await newDuly(app());
  expect(await collect(duly.changes())).toMatchObject([
    { changes: [{ type: 'profile', revision: 0 }], cursor: expect.any(String), isReset: true },
  ]);
});

test('changes({ follow: true }) gets later changes by long polling, and its signal ends it', async () => {
  const { duly } = await newDuly(app());
  await make(duly, 'a');
  const stop = newStop();
  const pages = duly.changes({ follow: true, signal: stop.signal });
  expect(titlesOf((await next(pages)).changes)).toEqual(['a']);
  const waiting = next(pages);
  await make(duly, 'b');
  expect(titlesOf((await waiting).changes)).toEqual(['b']);
  const end = pages.next();
  stop.abort();
  expect(await end).toEqual({ done: true, value: undefined });
});

test('a cursor that the server refuses as too old is followed by everything there is', async () => {
  const { duly, token } = await newDuly(app());
  const [gone] = await make(duly, 'gone', 'stays');
  const pages = await collect(duly.changes({ limit: 1 }));
  await duly.tasks.delete(gone?.id ?? '');
  await duly.trash.empty();
  await expireCursors(app(), subjectOf(token));
  const again = await collect(duly.changes({ since: pages[0]?.cursor ?? '' }));
  expect(again.map(({ isReset }) => isReset)).toEqual([true]);
  expect(again.flatMap(({ changes }) => titlesOf(changes))).toEqual(['stays']);
});

const subjectOf = (token: string): string =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).sub;

test('a stream begins now, has each change once, and the cursor of each write', async () => {
  const { duly } = await newDuly(app());
  await make(duly, 'before');
  const events = duly.events({ signal: newStop().signal });
  expect(await next(events)).toEqual({ type: 'ready', cursor: expect.any(String), isReset: false });
  await duly.tasks.create({ title: 'tagged', tags: ['x'] });
  await make(duly, 'last');
  const seen: FeedEvent[] = [];
  for await (const event of events) {
    seen.push(event);
    if (event.type === 'change' && titleOf(event.change) === 'last') break;
  }
  expect(seen.map((event) => event.type === 'change' && event.change.type).sort()).toEqual([
    'tag',
    'task',
    'task',
  ]);
  expect(seen.map((event) => event.cursor === null)).toEqual([true, false, false]);
  const last = seen.at(-1);
  expect(await collect(duly.changes({ since: last?.cursor ?? '' }))).toEqual([]);
});

test('a stream from a cursor begins with what was missed', async () => {
  const { duly } = await newDuly(app());
  const [{ cursor } = { cursor: '' }] = await collect(duly.changes());
  await make(duly, 'missed');
  const events = duly.events({ since: cursor, signal: newStop().signal });
  await next(events);
  expect(await next(events)).toMatchObject({ change: { type: 'profile' } });
  expect(await next(events)).toMatchObject({ change: { task: { title: 'missed' } } });
});

test('a stream whose token expires goes on with another one, where it was', async () => {
  let count = 0;
  const sub = `user_${crypto.randomUUID()}`;
  const token = () => {
    count += 1;
    // The server takes tokens up to 5 s after they expire.
    const exp = Math.floor(Date.now() / 1000) - (count === 1 ? 3 : -60);
    return mintToken({ sub, iat: exp - 60, exp });
  };
  const duly = createDuly({ url: app().url, token, retry: { firstWaitMs: 1 } });
  const writer = createDuly({ url: app().url, token: await mintToken({ sub }) });
  const events = duly.events({ signal: newStop().signal });
  await next(events);
  await vi.waitUntil(async () => {
    await make(writer, 'x');
    await next(events);
    return count > 1;
  }, 30_000);
  expect(count).toBe(2);
  await make(writer, 'after');
  const titles: unknown[] = [];
  for await (const event of events) {
    if (event.type === 'change') titles.push(titleOf(event.change));
    if (titles.at(-1) === 'after') break;
  }
});

test('a position that the server refuses as too old is told, and nothing is missed meanwhile', async () => {
  const { duly, token } = await newDuly(app());
  const [page] = await collect(duly.changes());
  const [gone] = await make(duly, 'gone');
  await duly.tasks.delete(gone?.id ?? '');
  await duly.trash.empty();
  await expireCursors(app(), subjectOf(token));
  const events = duly.events({ since: page?.cursor ?? '', signal: newStop().signal });
  expect(await next(events)).toMatchObject({ type: 'ready', isReset: true });
  await make(duly, 'meanwhile');
  expect(await next(events)).toMatchObject({ change: { task: { title: 'meanwhile' } } });
});

test('a stream that the server refuses for good ends with the reason', async () => {
  const { duly } = await newDuly(app(), { userId: 'somebody else' });
  expect(await failureOf(duly.events().next())).toMatchObject({ code: 'FORBIDDEN' });
  const cursor = await newDuly(app());
  expect(await failureOf(cursor.duly.events({ since: 'no cursor' }).next())).toMatchObject({
    code: 'VALIDATION_ERROR',
  });
});

test('a stream that is aborted before it begins is empty', async () => {
  const { duly, requests } = await newDuly(app());
  expect(await collect(duly.events({ signal: AbortSignal.abort() }))).toEqual([]);
  expect(requests).toEqual([]);
});
