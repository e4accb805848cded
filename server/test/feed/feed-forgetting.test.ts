import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deleteOldTombstones, tombstoneUnusedTags } from '../../src/feed/upkeep.ts';
import { deleteOldChanges } from '../../src/jobs/delete-old-changes.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { createLocalCopy, readFeed, readFeedPage, readUserData } from '../support/feed.ts';
import { type Client, newClient } from '../support/tasks.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

/** Does what a purge of a task does, in one transaction. */
async function purge({ user }: Client, taskId: string): Promise<void> {
  await sql`
    with moved as (update duly.owners set revision = revision + 1 where user_id = ${user.id} returning revision),
      gone as (delete from duly.tasks where user_id = ${user.id} and id = ${taskId})
    insert into duly.tombstones (user_id, type, id, revision) select ${user.id}, 'task', ${taskId}, revision from moved`.execute(
    app.ctx.db,
  );
}

const told = (changes: { revision: number; type: string; id: string; op: string }[]) =>
  changes.map(({ revision, type, id, op }) => [revision, type, id, op]);

const expectExpired = async ({ v1 }: Client, cursor: string) => {
  const { status, body } = await v1('GET', `/changes?since=${cursor}`);
  expect([status, body.error_code]).toEqual([410, 'CURSOR_EXPIRED']);
};

const age = ({ user }: Client, days: number) =>
  sql`update duly.tombstones set created_at = now() - make_interval(days => ${days}::int, secs => 60)
    where user_id = ${user.id}`.execute(app.ctx.db);

const feedFrom = async ({ user }: Client) => {
  const { rows } = await sql<{ from: number }>`
    select feed_from::int as from from duly.owners where user_id = ${user.id}`.execute(app.ctx.db);
  return rows[0]?.from;
};

describe('what was purged', () => {
  test('is a deletion after a cursor that may have it, and left out of an initial sync', async () => {
    const client = await newClient(app);
    const { id } = await client.create();
    const { cursor } = await readFeed(client);
    await client.v1('DELETE', `/tasks/${id}`);
    await purge(client, id);
    expect(told((await readFeed(client, { since: cursor })).changes)).toEqual([[3, 'task', id, 'delete']]);
    expect((await readFeed(client)).changes.map(({ type }) => type)).toEqual(['profile']);
  });

  test('is a deletion in an initial sync that may have shown it already', async () => {
    const client = await newClient(app);
    const tasks = [await client.create(), await client.create(), await client.create()];
    const first = await readFeedPage(client, undefined, 'limit=2');
    const id = tasks[0]?.id ?? '';
    expect(first.data[1]).toMatchObject({ id, op: 'upsert' });
    await purge(client, id);
    const { changes } = await readFeed(client, { since: first.next_cursor });
    expect(told(changes).at(-1)).toEqual([4, 'task', id, 'delete']);
  });
});

describe('the job that deletes tombstones', () => {
  test('keeps them for 90 days by default', async () => {
    const client = await newClient(app);
    const { id } = await client.create();
    await purge(client, id);
    const run = (stop = new AbortController().signal) => deleteOldChanges.run(app.ctx, stop);
    await age(client, 89);
    expect(await run()).toBe(0);
    await age(client, 90);
    expect(await run(AbortSignal.abort())).toBe(0);
    expect(await run()).toBe(1);
    expect(await feedFrom(client)).toBe(2);
  });

  test('leaves those that are younger; older ones go, with cursors from before them', async () => {
    const client = await newClient(app);
    const [a, b] = [await client.create(), await client.create()];
    const before = (await readFeed(client)).cursor;
    await purge(client, a.id);
    const between = (await readFeed(client)).cursor;
    await age(client, 90);
    await purge(client, b.id);
    expect(await deleteOldTombstones(app.ctx.db, 91)).toBe(0);
    expect(await feedFrom(client)).toBe(0);
    expect(await deleteOldTombstones(app.ctx.db, 90)).toBe(1);
    expect(await feedFrom(client)).toBe(3);
    await expectExpired(client, before);
    expect(told((await readFeed(client, { since: between })).changes)).toEqual([[4, 'task', b.id, 'delete']]);
    expect(await deleteOldTombstones(app.ctx.db, 90)).toBe(0);
  });

  test('an initial sync goes on while no tombstone from after its start is deleted', async () => {
    const client = await newClient(app);
    const tasks = [await client.create(), await client.create(), await client.create()];
    await purge(client, tasks[2]?.id ?? '');
    const { next_cursor: cursor } = await readFeedPage(client, undefined, 'limit=1');
    await deleteOldTombstones(app.ctx.db, 0);
    expect(await feedFrom(client)).toBe(4);
    expect((await readFeed(client, { since: cursor })).changes).toHaveLength(2);
    await purge(client, tasks[1]?.id ?? '');
    await deleteOldTombstones(app.ctx.db, 0);
    await expectExpired(client, cursor);
  });

  test('a cursor in the middle of the revision that was forgotten is too old', async () => {
    const client = await newClient(app);
    const ids = [(await client.create()).id, (await client.create()).id].sort();
    const { cursor } = await readFeed(client);
    await sql`
      with moved as (update duly.owners set revision = revision + 1 where user_id = ${client.user.id} returning revision),
        gone as (delete from duly.tasks where user_id = ${client.user.id} returning id)
      insert into duly.tombstones (user_id, type, id, revision)
      select ${client.user.id}, 'task', gone.id, revision from moved, gone`.execute(app.ctx.db);
    const half = await readFeedPage(client, cursor, 'limit=1');
    expect([told(half.data), half.has_more]).toEqual([[[3, 'task', ids[0], 'delete']], true]);
    const whole = (await readFeedPage(client, cursor)).next_cursor;
    await deleteOldTombstones(app.ctx.db, 0);
    await expectExpired(client, half.next_cursor);
    expect((await readFeedPage(client, whole)).data).toEqual([]);
  });

  test('five at once while users write: each tombstone is deleted once, and no write waits', async () => {
    const clients = await Promise.all(Array.from({ length: 4 }, () => newClient(app)));
    for (const client of clients)
      for (let index = 0; index < 3; index += 1) await purge(client, (await client.create()).id);
    const [counts] = await Promise.all([
      Promise.all(Array.from({ length: 5 }, () => deleteOldTombstones(app.ctx.db, 0))),
      ...clients.map((client) => client.create({ tags: ['x'] })),
    ]);
    expect(counts.reduce((sum, count) => sum + count)).toBe(12);
    for (const client of clients) expect(await feedFrom(client)).toBe(6);
  });
});

describe('a database that was set back', () => {
  test('a cursor from later than the database is at has to be given up', async () => {
    const client = await newClient(app);
    await client.create();
    await client.create();
    const { cursor } = await readFeed(client);
    const started = (await readFeedPage(client, undefined, 'limit=1')).next_cursor;
    await sql`update duly.owners set revision = 1 where user_id = ${client.user.id}`.execute(app.ctx.db);
    await expectExpired(client, cursor);
    await expectExpired(client, started);
  });
});

describe('the job that deletes unused tags', () => {
  const tombstones = async ({ user }: Client) =>
    (
      await sql`select type, id, revision::int from duly.tombstones where user_id = ${user.id} order by id`.execute(
        app.ctx.db,
      )
    ).rows;

  test('keeps those on a task, also on one in the trash; others leave a tombstone of the same revision', async () => {
    const client = await newClient(app);
    const { id } = await client.create({ tags: ['unused', 'used'] });
    const trashed = await client.create({ tags: ['in the trash'] });
    const before = (await readFeed(client)).cursor;
    await client.v1('PATCH', `/tasks/${id}`, { tags: ['used'] });
    await client.v1('DELETE', `/tasks/${trashed.id}`);
    const { changes } = await readFeed(client, { since: before });
    const revision = await client.revision();
    expect(await tombstoneUnusedTags(app.ctx.db)).toBe(1);
    expect(await tombstones(client)).toEqual([{ type: 'tag', id: 'unused', revision: 3 }]);
    expect((await readFeed(client, { since: before })).changes).toEqual(changes);
    expect(await client.revision()).toBe(revision);
    expect((await client.stored()).tags.map(({ name }) => name)).toEqual(['in the trash', 'used']);
    expect(await tombstoneUnusedTags(app.ctx.db)).toBe(0);
  });

  test('a tag that comes back is told once, whatever is left of it before; and goes again', async () => {
    const client = await newClient(app);
    const { id } = await client.create({ tags: ['again'] });
    const { cursor } = await readFeed(client);
    const mirror = createLocalCopy();
    for (let round = 0; round < 2; round += 1) {
      await client.v1('PATCH', `/tasks/${id}`, { tags: [] });
      await tombstoneUnusedTags(app.ctx.db);
      expect(await tombstones(client)).toEqual([{ type: 'tag', id: 'again', revision: 2 + 2 * round }]);
      await client.v1('PATCH', `/tasks/${id}`, { tags: ['again'] });
      const { changes } = await readFeed(client, { since: cursor });
      expect(told(changes)).toEqual([
        [3 + 2 * round, 'tag', 'again', 'upsert'],
        [3 + 2 * round, 'task', id, 'upsert'],
      ]);
    }
    for (const change of (await readFeed(client)).changes) mirror.apply(change);
    expect(mirror.known()).toEqual(await readUserData(client));
  });
});
