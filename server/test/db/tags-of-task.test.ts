import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { currentVersion, listMigrations, migrateDown, migrateUp } from '../../src/db/migrator.ts';
import { createDb } from '../../src/db/pool.ts';
import { userBatchSize } from '../../src/db/user-batches.ts';
import { storeTags } from '../../src/jobs/store-tags.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { silentLog as log } from '../support/log.ts';
import { createOldWriter, type OldWriter } from '../support/old-writes.ts';
import { type Random, seeded } from '../support/random.ts';
import { findFaults, recountTags } from '../support/stored-tags.ts';
import { sendDeleteTag, sendRenameTag } from '../support/tags.ts';
import { type Client, newClient } from '../support/tasks.ts';

/** A database from before tags were on the rows of tasks, its migration, and both versions of Duly side by side. */

const seed = Number(process.env.DULY_TEST_SEED ?? 20_261_127);
const userIds = ['ada', 'bob'];
const [ada = '', bob = ''] = userIds;
const manyTasks = userBatchSize + 100;
/** Sorted by code point; by UTF-16 the last two are the other way round. */
const names = ['a', 'b', 'c "quoted"', 'd\\,{}', 'é', '～', '😀'];

let database: TestDatabase;
let app: TestApp;
beforeAll(async () => {
  database = await createDatabase('empty');
  const db = createDb({ connection: database.connection, max: 2, log });
  await migrateUp(db);
  const version =
    listMigrations().find(({ name }) => name === 'tags_of_task')?.version ?? expect.fail('no such migration');
  while ((await currentVersion(db)) >= version) await migrateDown(db);
  for (const userId of userIds)
    for (const tags of [[], ['a'], ['b', 'a'], names]) await createOldWriter(db, userId).create(tags);
  await sql`insert into duly.tasks (user_id, title, revision) select ${bob}, 'many', 1
    from generate_series(1, ${manyTasks}::int)`.execute(db);
  await sql`insert into duly.task_tags (user_id, task_id, name)
    select user_id, id, 'a' from duly.tasks where title = 'many'`.execute(db);
  await recountTags(db);
  await migrateUp(db);
  await db.destroy();
  app = await startApp({}, { database });
});
afterAll(async () => {
  await app.close();
  await database.drop();
});

const runJob = () => storeTags.run(app.ctx, new AbortController().signal);

/** What the new version lists, live or in the trash, is what the old one reads. */
async function checkReads({ v1 }: Client, old: OldWriter): Promise<void> {
  const listed: [string, string[]][] = [];
  for (const path of ['/tasks', '/trash'])
    for (let cursor = ''; ; ) {
      const { body } = await v1('GET', `${path}?limit=100${cursor}`);
      for (const { id, tags } of body.data) listed.push([id, tags]);
      if (body.pagination.next_cursor === null) break;
      cursor = `&cursor=${body.pagination.next_cursor}`;
    }
  const sort = (entries: Iterable<[string, string[]]>) => [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
  expect(sort(listed)).toEqual(sort(await old.tagsOfTasks()));
}

test('rows from before the migration show their tags, and a job stores them, also two at once', async () => {
  const [client, old] = [await newClient(app, bob), createOldWriter(app.ctx.db, bob)];
  expect(await findFaults(app.ctx.db)).toMatchObject({ tasksToStore: manyTasks + 8, faults: [] });
  await checkReads(client, old);
  const [before, revision] = [await client.v1('GET', '/tasks'), await client.revision()];
  expect(await storeTags.run(app.ctx, AbortSignal.abort())).toBe(0);
  const counts = await Promise.all([runJob(), runJob()]);
  expect(counts[0] + counts[1]).toBe(manyTasks + 8);
  expect(await runJob()).toBe(0);
  expect(await findFaults(app.ctx.db)).toMatchObject({ tasksToStore: 0, faults: [] });
  await checkReads(client, old);
  const after = await client.v1('GET', '/tasks');
  expect([after.text, after.headers.get('etag')]).toEqual([before.text, before.headers.get('etag')]);
  expect(await client.revision()).toBe(revision);
});

async function actNew(client: Client, random: Random, ids: readonly string[]): Promise<void> {
  const { v1 } = client;
  const tags = names.filter(() => random.below(3) === 0);
  const id = random.pick(ids);
  await random.pick([
    () => client.create({ tags }),
    () => v1('PATCH', `/tasks/${id}`, { tags }),
    () => v1('PATCH', `/tasks/${id}`, { title: `new ${random.below(1_000)}` }),
    () => v1('DELETE', `/tasks/${id}`),
    () => v1('POST', `/trash/${id}/restore`),
    () => v1('DELETE', `/trash/${id}`),
    () => sendRenameTag(client, random.pick(names), random.pick(names)),
    () => sendDeleteTag(client, random.pick(names)),
  ])();
}

async function actOld(old: OldWriter, random: Random, ids: readonly string[]): Promise<void> {
  const tags = names.filter(() => random.below(3) === 0);
  const id = random.pick(ids);
  const [from, to] = [random.pick(names), random.pick(names)];
  await random.pick([
    () => old.create(tags),
    () => old.change(id, { tags }),
    () => old.change(id, { title: `old ${random.below(1_000)}` }),
    () => old.change(id, { deleted_at: random.pick([new Date(), null]) }),
    () => (from === to ? old.replaceTag(from, []) : old.replaceTag(from, [to])),
  ])();
}

test(`the old version beside the new one and the job, seed ${seed}: tags and counts stay right`, async () => {
  const random = seeded(seed);
  const [client, old] = [await newClient(app, ada), createOldWriter(app.ctx.db, ada)];
  for (let round = 0; round < 25; round += 1) {
    const ids = [...(await old.tagsOfTasks()).keys()];
    const acts = Array.from({ length: 4 }, () => [
      () => actNew(client, random, ids),
      () => actOld(old, random, ids),
      runJob,
    ]).flat();
    if (round % 2 === 0) await Promise.all(acts.map((act) => act()));
    else for (const act of acts) if (random.below(4) > 0) await act();
    await checkReads(client, old);
    expect((await findFaults(app.ctx.db)).faults, `round ${round}`).toEqual([]);
  }
  await runJob();
  expect(await findFaults(app.ctx.db)).toMatchObject({ tasksToStore: 0, faults: [] });
});
