import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeCursor } from '../../src/db/cursors.ts';
import { currentVersion, listMigrations, migrateDown, migrateUp } from '../../src/db/migrator.ts';
import { createDb } from '../../src/db/pool.ts';
import type { Db } from '../../src/db/schema.ts';
import { userBatchSize } from '../../src/db/user-batches.ts';
import { refoldTexts } from '../../src/jobs/refold-texts.ts';
import { fold } from '../../src/platform/folding.ts';
import { refoldTasks } from '../../src/tasks/refold.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { findUnfolded, locales } from '../support/folding.ts';
import { silentLog as log } from '../support/log.ts';
import { recountTags } from '../support/stored-tags.ts';
import { type Client, invalidStatus, issueLocationsOf, newClient } from '../support/tasks.ts';

const titles = ['Ärger', 'ärger im Büro', 'STRASSE', 'Straße', 'cafe', 'Café', 'Zebra', 'éclair', '100%'];
const fillers = userBatchSize + 100;
const userIds = ['old-1', 'old-2'];

/** Inserts rows of two users as stored by a Duly without folding. */
async function insertOldRows(db: Db): Promise<void> {
  for (const userId of userIds) {
    await sql`insert into duly.owners (user_id, revision) values (${userId}, 5)`.execute(db);
    await sql`insert into duly.tasks (user_id, title, description, version, revision)
      select ${userId}, title, null, 3, 5 from unnest(${titles}::text[]) as title
      union all select ${userId}, 'Milk', E'Bread\nbutter', 3, 5
      union all select ${userId}, 'Filler ' || n, null, 3, 5 from generate_series(1, ${fillers}) as n`.execute(
      db,
    );
    await sql`insert into duly.tags (user_id, name, revision) select ${userId}, name, 5 from unnest(${titles}::text[]) as name`.execute(
      db,
    );
    await sql`insert into duly.task_tags (user_id, task_id, name)
      select user_id, id, title from duly.tasks where user_id = ${userId} and title = any(${titles})`.execute(
      db,
    );
  }
}

const fileOf = async (db: Db) =>
  (await sql<{ file: string }>`select pg_relation_filepath('duly.tasks') as file`.execute(db)).rows[0]?.file;

/** A database that had those rows before its migration, and a server on it that runs no upkeep by itself. */
async function upgraded(locale?: keyof typeof locales): Promise<{ app: TestApp; database: TestDatabase }> {
  const database = await createDatabase('empty', locale && locales[locale]);
  const db = createDb({ connection: database.connection, max: 2, log });
  await migrateUp(db);
  const folding =
    listMigrations().find(({ name }) => name === 'folding')?.version ?? expect.fail('no such migration');
  while ((await currentVersion(db)) >= folding) await migrateDown(db);
  await insertOldRows(db);
  const file = await fileOf(db);
  await recountTags(db);
  await migrateUp(db);
  // The migration did not rewrite the table.
  expect(await fileOf(db)).toBe(file);
  await db.destroy();
  return { app: await startApp({}, { database }), database };
}

const run = ({ ctx }: TestApp, stop = new AbortController().signal) => refoldTexts.run(ctx, stop);

const titlesFor = async ({ list }: Client, search: string) =>
  (await list(`?${new URLSearchParams({ search })}`)).map(({ title }) => title).sort();

const tagsFor = async ({ tags }: Client, search: string) =>
  (await tags(`?${new URLSearchParams({ search })}`)).map(({ name }) => name);

/** All titles, page by page; or the last ones, in pages of one. */
async function readTitles({ v1 }: Client, last?: number): Promise<string[]> {
  const found: string[] = [];
  const page = last === undefined ? 'sort_direction=asc&limit=100' : 'sort_direction=desc&limit=1';
  for (let cursor = ''; ; ) {
    const { body } = await v1('GET', `/tasks?sort_by=title&${page}${cursor}`);
    found.push(...body.data.map(({ title }: { title: string }) => title));
    if (body.pagination.next_cursor === null || found.length === last) return found;
    cursor = `&cursor=${body.pagination.next_cursor}`;
  }
}

const bytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
const allTitles = [
  ...titles,
  'Milk',
  ...Array.from({ length: fillers }, (_, index) => `Filler ${index + 1}`),
];

describe('rows from before the folding', () => {
  let app: TestApp;
  let database: TestDatabase;
  let client: Client;
  beforeAll(async () => {
    ({ app, database } = await upgraded());
    client = await newClient(app, userIds[0]);
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
  });

  test('are found and paged as before until they are folded, and beside those that are', async () => {
    expect(await titlesFor(client, 'ÄRGER')).toEqual(['Ärger', 'ärger im Büro']);
    expect(await titlesFor(client, 'Éclair')).toEqual(['éclair']);
    expect(await titlesFor(client, '0%')).toEqual(['100%']);
    expect(await titlesFor(client, 'BREAD\nBUTTER')).toEqual(['Milk']);
    expect(await titlesFor(client, 'milk\nbread')).toEqual([]);
    expect(await titlesFor(client, '\u0301')).toEqual([]);
    expect(await titlesFor(client, 'strasse')).toEqual(['STRASSE']);
    expect(await tagsFor(client, 'ÄRGER')).toEqual(['Ärger', 'ärger im Büro']);
    expect(await tagsFor(client, '\u0301')).toEqual([]);
    const old = await readTitles(client);
    expect(old).toEqual(allTitles.toSorted((a, b) => bytes(a.toLowerCase(), b.toLowerCase())));

    expect(await readTitles(client, 4)).toEqual(['éclair', 'ärger im Büro', 'Ärger', 'Zebra']);

    // A write folds its row.
    const [zebra] = await client.list('?search=zebra');
    await client.v1('PATCH', `/tasks/${zebra?.id}`, { title: 'Zébra' });
    expect(await titlesFor(client, 'ZEBRA')).toEqual(['Zébra']);
    expect((await readTitles(client)).toSorted()).toEqual(
      old.map((title) => (title === 'Zebra' ? 'Zébra' : title)).toSorted(),
    );
    await client.v1('PATCH', `/tasks/${zebra?.id}`, { title: 'Zebra' });

    // Refolds one batch.
    expect((await refoldTasks(app.ctx.db, '')).count).toBe(userBatchSize);
    expect(await titlesFor(client, 'ÄRGER')).toEqual(['Ärger', 'ärger im Büro']);
    expect(await client.v1('GET', '/tasks?search=FILLER')).toMatchObject({
      body: { pagination: { total: fillers } },
    });
    expect((await readTitles(client)).toSorted()).toEqual(allTitles.toSorted());
  });

  test('are folded by a job, by two at once, of all users; what was answered before is not kept', async () => {
    const queries = [
      '/tasks?search=strasse',
      '/tasks?search=cafe',
      '/tags?search=strasse',
      '/tags?search=cafe',
    ];
    const other = await newClient(app, userIds[1]);
    const before = await Promise.all(queries.map((query) => other.v1('GET', query)));
    const read = '/tasks?limit=100';
    const [list, revision] = [await other.v1('GET', read), await other.revision()];
    expect(before.map(({ body }) => body.data.length)).toEqual([1, 1, 1, 1]);
    const counts = await Promise.all([run(app), run(app)]);
    expect(counts[0] + counts[1]).toBeGreaterThan(fillers);
    expect(await run(app)).toBe(0);
    expect(await findUnfolded(app.ctx.db)).toEqual([]);
    for (const query of queries) expect((await other.v1('GET', query)).body.data, query).toHaveLength(2);
    // Refolding did not change the user's revision.
    expect(await other.revision()).toBe(revision);
    const again = await other.v1('GET', read);
    expect([again.text, again.headers.get('etag')]).toEqual([list.text, list.headers.get('etag')]);
    expect(await readTitles(other)).toEqual(
      allTitles.toSorted((a, b) => bytes(fold(a), fold(b)) || bytes(a, b)),
    );
  });

  test('that somebody writes to are left for later, without waiting', async () => {
    await sql`update duly.tasks set search_text = '', search_version = null where user_id = ${client.user.id}
      and title = any(${['cafe', 'Café']})`.execute(app.ctx.db);
    await app.ctx.db.transaction().execute(async (tx) => {
      await sql`select from duly.tasks where user_id = ${client.user.id} and title = 'cafe' for update`.execute(
        tx,
      );
      expect(await run(app)).toBe(1);
    });
    expect(await run(app)).toBe(1);
    expect(await titlesFor(client, 'cafe')).toEqual(['Café', 'cafe']);
  });

  test('stay when the server stops, and those of a newer folding stay as they are', async () => {
    await sql`update duly.tasks set search_version = null where user_id = ${client.user.id} and title = 'cafe'`.execute(
      app.ctx.db,
    );
    expect(await run(app, AbortSignal.abort())).toBe(0);
    await sql`update duly.tasks set search_version = 2 where user_id = ${client.user.id} and title = 'Zebra'`.execute(
      app.ctx.db,
    );
    expect(await run(app)).toBe(1);
    expect(await titlesFor(client, 'zebra')).toEqual(['Zebra']);
  });
});

test('a cursor of the order that titles had before is refused, any other of before leads on', async () => {
  const app = await startApp();
  try {
    const { create, v1, bare, user } = await newClient(app);
    const { id, title, created_at } = await create();
    const { secrets } = app.ctx.config.auth;
    const cursorOf = (sort_by: string, key: string) => {
      const filter = { priority: 'all', sort_by, sort_direction: 'asc', status: 'all', tags_match: 'any' };
      return encodeCursor(
        { backward: false, key, id },
        { secrets, scope: [user.id, Object.entries(filter)], epoch: app.ctx.accessControl.epoch() },
      );
    };
    const query = (sort_by: string, key: string) =>
      `/tasks?sort_direction=asc&sort_by=${sort_by}&cursor=${cursorOf(sort_by, key)}`;
    const replies = {
      v1: await v1('GET', query('title', title)),
      bare: await bare('GET', query('title', title)),
    };
    for (const surface of ['v1', 'bare'] as const) {
      expect(replies[surface].status).toBe(invalidStatus[surface]);
      expect(replies[surface].body.error_code).toBe('VALIDATION_ERROR');
      expect(issueLocationsOf(surface, replies[surface])).toEqual(['query.cursor']);
    }
    expect((await v1('GET', query('created_at', created_at))).status).toBe(200);
  } finally {
    await app.close();
  }
});

test('a database of locale C finds after the upgrade what it did not find before', async () => {
  const { app, database } = await upgraded('C');
  try {
    const client = await newClient(app, userIds[0]);
    expect(await titlesFor(client, 'ÄRGER')).toEqual(['Ärger']);
    expect(await titlesFor(client, 'ärger')).toEqual(['ärger im Büro']);
    await run(app);
    expect(await titlesFor(client, 'ÄRGER')).toEqual(['Ärger', 'ärger im Büro']);
    expect(await tagsFor(client, 'arger')).toEqual(['Ärger', 'ärger im Büro']);
  } finally {
    await app.close();
    await database.drop();
  }
});
