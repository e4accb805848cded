import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { currentVersion, listMigrations, migrateDown, migrateUp } from '../../src/db/migrator.ts';
import { storeTags } from '../../src/jobs/store-tags.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { createDatabase } from '../support/database.ts';
import { findFaults, recountTags, restoreTags } from '../support/stored-tags.ts';
import { sendDeleteTag, sendRenameTag } from '../support/tags.ts';
import { type Client, newClient } from '../support/tasks.ts';

/**
 * Every test file checks the tags on rows and the stored counts when it drops its database. This file checks that such
 * a check finds faults.
 */

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

/** The stored count of each tag, also of tags without a live task. */
async function kept({ stored }: Client): Promise<Record<string, number>> {
  const { tags } = await stored();
  return Object.fromEntries(tags.map(({ name, usage_count }) => [name, usage_count]));
}

test('the count of a tag follows every way in which a live task gets or loses it', async () => {
  const client = await newClient(app);
  const { v1 } = client;
  const one = await client.create({ tags: ['a', 'b'] });
  await client.create({ tags: ['a'] });
  expect(await kept(client)).toEqual({ a: 2, b: 1 });
  await v1('PATCH', `/tasks/${one.id}`, { tags: ['a', 'c'] });
  expect(await kept(client)).toEqual({ a: 2, b: 0, c: 1 });
  await v1('PATCH', `/tasks/${one.id}`, { title: 'another' });
  await v1('DELETE', `/tasks/${one.id}`);
  expect(await kept(client)).toEqual({ a: 1, b: 0, c: 0 });
  await v1('POST', `/trash/${one.id}/restore`);
  expect(await kept(client)).toEqual({ a: 2, b: 0, c: 1 });
  await sendRenameTag(client, 'c', 'a');
  expect(await kept(client)).toEqual({ a: 2, b: 0, c: 0 });
  await sendRenameTag(client, 'a', 'd');
  await v1('DELETE', `/tasks/${one.id}`);
  await v1('DELETE', '/trash');
  expect(await kept(client)).toEqual({ a: 0, b: 0, c: 0, d: 1 });
  await sendDeleteTag(client, 'd');
  expect(await kept(client)).toEqual({ a: 0, b: 0, c: 0, d: 0 });
  expect(await client.tags()).toEqual([]);
});

test('operations in bulk that cancel each other out leave the count as it was, and still announce the tag', async () => {
  const client = await newClient(app);
  const [gone, bare] = [await client.create({ tags: ['a'] }), await client.create()];
  const operations = [
    { op: 'delete', id: gone.id },
    { op: 'update', id: bare.id, tags: ['a', 'b'] },
    { op: 'create', title: 'short-lived', tags: ['never'], temp_id: 'new' },
    { op: 'delete', id: 'new' },
  ];
  await client.v1('POST', '/tasks/bulk', { operations });
  expect(await kept(client)).toEqual({ a: 1, b: 1, never: 0 });
  const { tags } = await client.stored();
  expect(tags.map(({ revision }) => Number(revision))).toEqual([3, 3, 3]);
});

test('parallel writes of one user are all counted', async () => {
  const client = await newClient(app);
  const tasks = await Promise.all(Array.from({ length: 20 }, () => client.create({ tags: ['a'] })));
  await Promise.all([
    ...tasks.slice(0, 8).map(({ id }) => client.v1('DELETE', `/tasks/${id}`)),
    ...tasks.slice(8, 12).map(({ id }) => client.v1('PATCH', `/tasks/${id}`, { tags: ['b'] })),
    sendRenameTag(client, 'b', 'a'),
    client.create({ tags: ['a'] }),
  ]);
  const list = await client.list();
  const on = (name: string) => list.filter(({ tags }) => tags.includes(name)).length;
  expect(list).toHaveLength(13);
  expect(await kept(client)).toMatchObject({ a: on('a') });
});

test('wrong tags of a task and wrong counts are found, and a test that leaves them fails', async () => {
  const database = await createDatabase();
  const own = await startApp({}, { database });
  const { db } = own.ctx;
  const client = await newClient(own);
  const { id } = await client.create({ tags: ['b', 'a'] });
  const find = async () => (await findFaults(db)).faults;
  const userId = client.user.id;
  try {
    expect(await findFaults(db)).toEqual({ users: 1, tasks: 1, tags: 2, tasksToStore: 0, faults: [] });
    await sql`update duly.tags set usage_count = 7 where user_id = ${userId} and name = 'a'`.execute(db);
    expect(await find()).toEqual([`${userId}: tag "a": its usage_count is 7, live tasks with it: 1`]);
    await recountTags(db);
    expect(await find()).toEqual([]);
    for (const tags of [['a'], ['b', 'a'], ['a', 'b', 'c']]) {
      await sql`update duly.tasks set tags = ${tags} where user_id = ${userId}`.execute(db);
      expect(await find()).toEqual([
        `${userId}: task ${id}: its row has the tags ${JSON.stringify(tags)}, task_tags has ["a","b"]`,
      ]);
    }
    await restoreTags(db);
    expect(await find()).toEqual([]);
    await sql`update duly.tags set usage_count = -1 where user_id = ${userId}`.execute(db);
  } finally {
    await own.close();
    await expect(database.drop()).rejects.toThrow('faults in the data');
  }
});

test('the migration counts what is there', async () => {
  const own = await startApp();
  const { db } = own.ctx;
  try {
    const client = await newClient(own);
    const gone = await client.create({ tags: ['a', 'b'] });
    await client.create({ tags: ['a'] });
    await client.v1('DELETE', `/tasks/${gone.id}`);
    const before = await client.stored();
    // Migrating down also loses positions; a task without one has that of its creation.
    const isLost = (name: string) => name.startsWith('search_') || name === 'position';
    const withoutFolds = (stored: typeof before) =>
      JSON.stringify(stored, (name, value) =>
        isLost(name) ? undefined : typeof value === 'bigint' ? String(value) : value,
      );
    const version = listMigrations().find(({ name }) => name === 'tag_counts')?.version ?? 0;
    while ((await currentVersion(db)) >= version) await migrateDown(db);
    await migrateUp(db);
    await storeTags.run(own.ctx, new AbortController().signal);
    expect(await kept(client)).toEqual({ a: 1, b: 0 });
    expect(withoutFolds(await client.stored())).toBe(withoutFolds(before));
  } finally {
    await own.close();
  }
});
