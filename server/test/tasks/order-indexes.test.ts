import { type CompiledQuery, sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { maxBeyond } from '../../src/db/indexed-order.ts';
import type { PageRequest } from '../../src/db/keyset-page.ts';
import { searchTextOf } from '../../src/platform/folding.ts';
import { listTasks, type TaskListFilter } from '../../src/tasks/list.ts';
import type { Task } from '../../src/tasks/model.ts';
import { completeOrders } from '../../src/tasks/order-indexes.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { repeat, sendBulk } from '../support/bulk.ts';
import { statementOf } from '../support/capture-statement.ts';
import { asAdmin } from '../support/database.ts';
import { indexesOf, planOf } from '../support/plans.ts';
import { seeded } from '../support/random.ts';
import { sendRenameTag } from '../support/tags.ts';
import { sortTasks } from '../support/task-model.ts';
import { type Client, newClient } from '../support/tasks.ts';
import { waitUntil } from '../support/waiting.ts';

/** Orders of long lists, whose indexes have the tasks of users with such lists only. */

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const seed = Number(process.env.DULY_TEST_SEED ?? 20_261_130);
const random = seeded(seed);
const orders = ['updated_at', 'title', 'priority', 'position'] as const;
const lists: Record<string, { filter: Partial<TaskListFilter>; where: string }> = {
  all: { filter: {}, where: 'true' },
  pending: { filter: { status: 'pending' }, where: 'completed_at is null' },
  'of one priority': { filter: { priority: 'Medium' }, where: `priority = 'Medium'` },
  'without a section': { filter: { section_id: 'none' }, where: 'section_id is null' },
};
const plain: TaskListFilter = {
  ...{ limit: 50, offset: 0, position: null, status: 'all', priority: 'all', tags_match: 'any' },
  ...{ sort_by: 'created_at', sort_direction: 'desc' },
};

const titles = ['same', 'Same', 'SAME', 'straße', 'STRASSE', 'éa', '😀', 'ﬁx', 'zebra', 'a b'];

/** Rows with many ties, as every Duly wrote them: some without the folding of this one or a position, some deleted. */
async function insertTasks({ user }: Client, count: number): Promise<void> {
  const rows = repeat(count, (index) => {
    const isFolded = random.chance(0.8);
    const title = isFolded ? random.pick(titles) : random.pick(['same', 'Same', 'zebra']);
    const minute = String(random.below(60)).padStart(2, '0');
    return {
      title,
      search_text: isFolded ? searchTextOf(title, null) : `${title.toLowerCase()}\n`,
      search_version: isFolded ? 1 : null,
      priority: random.pick(['High', 'Medium', 'Medium', 'Medium', 'Low']),
      position: random.chance(0.7) ? `g${random.below(50)}` : null,
      completed_at: random.chance(0.2) ? '2026-02-02T00:00:00Z' : null,
      deleted_at: random.chance(0.05) ? '2026-02-03T00:00:00Z' : null,
      created_at: `2026-01-01T0${index % 10}:${minute}:00Z`,
      updated_at: `2026-01-02T00:${minute}:00Z`,
    };
  });
  await sql`with owner as (
      insert into duly.owners (user_id, revision) values (${user.id}, 1)
      on conflict (user_id) do update set revision = owners.revision + 1 returning revision
    )
    insert into duly.tasks (user_id, title, search_text, search_version, priority, position, completed_at, deleted_at,
      created_at, updated_at, revision, tags, tags_version)
    select ${user.id}, r.title, r.search_text, r.search_version, r.priority, r.position, r.completed_at, r.deleted_at,
      r.created_at, r.updated_at, owner.revision, '{}', 1
    from owner, jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r (title text, search_text text,
      search_version smallint, priority duly.task_priority, position text, completed_at timestamptz,
      deleted_at timestamptz, created_at timestamptz, updated_at timestamptz)`.execute(app.ctx.db);
}

/** The first time finds that the list is long, the second where its chunks begin, the third what they have. */
async function learnTotals(userId: string): Promise<void> {
  for (const { filter } of Object.values(lists))
    for (let time = 0; time < 3; time += 1) await listTasks(app.ctx.db, userId, { ...plain, ...filter });
}

async function tasksOf(userId: string, where: string): Promise<Task[]> {
  const { rows } = await sql<Task>`select id, title, priority::text, updated_at::text,
      coalesce(position, duly.first_position(created_at)) as position
    from duly.tasks where user_id = ${userId} and deleted_at is null and ${sql.raw(where)} and (
      project_id is null or project_id not in (
        select id from duly.projects where user_id = ${userId} and archived_at is not null
      )
    )`.execute(app.ctx.db);
  return rows;
}

/** Compares pages of two lists, from a random place on, with those of a plain sort. @returns the gaps seen */
async function checkPages(userId: string, after: string): Promise<Set<number>> {
  const gaps = new Set<number>();
  const entries = Object.entries(lists);
  for (const [name, { filter, where }] of [random.pick(entries), random.pick(entries)]) {
    const tasks = await tasksOf(userId, where);
    for (const sort_by of orders)
      for (const sort_direction of ['asc', 'desc'] as const) {
        const sorted = sortTasks(tasks, sort_by, sort_direction).map(({ id }) => id);
        const limit = 1 + random.below(60);
        let start = random.chance(0.3) ? 0 : random.below(sorted.length);
        let request: PageRequest = { limit, offset: start, position: null };
        for (const [step, way] of [
          ['at an offset', 'next'],
          ['next', 'next'],
          ['next again', 'prev'],
          ['back', 'next'],
        ] as const) {
          const list = { ...plain, ...filter, sort_by, sort_direction, ...request };
          const page = await listTasks(app.ctx.db, userId, list);
          const ids = JSON.parse(`[${page.items}]`).map(({ id }: Task) => id);
          const place = [after, name, sort_by, sort_direction, step];
          expect([...place, ids]).toEqual([...place, sorted.slice(start, start + limit)]);
          expect([...place, page.total]).toEqual([...place, sorted.length]);
          gaps.add(page.orderGap);
          const position = page[way];
          if (position === null) break;
          start += way === 'next' ? limit : -limit;
          request = { limit, offset: 0, position };
        }
      }
  }
  return gaps;
}

const statementOfList = (userId: string, filter: Partial<TaskListFilter>): Promise<CompiledQuery> =>
  statementOf((db) => listTasks(db, userId, { ...plain, ...filter }));

const ordersFrom = async ({ user }: Client): Promise<bigint | null> => {
  const { rows } = await sql<{ orders_from: string | null }>`select orders_from from duly.owners
    where user_id = ${user.id}`.execute(app.ctx.db);
  const [owner] = rows;
  return owner?.orders_from ? BigInt(owner.orders_from) : null;
};

test(`pages are those of a plain sort, whatever was written since the indexes were completed, seed ${seed}`, async () => {
  const client = await newClient(app);
  const { id } = client.user;
  await insertTasks(client, 7_000);
  await asAdmin('vacuum (analyze) duly.tasks', app.database.connection.database);
  await learnTotals(id);
  expect(await checkPages(id, 'before')).toEqual(new Set([maxBeyond + 1]));
  await completeOrders(app.ctx.db, id);
  expect(await checkPages(id, 'completed')).toEqual(new Set([0]));

  const any = async () => random.pick(await tasksOf(id, 'true')).id;
  const { body: made } = await client.v1('POST', '/projects', { name: 'a project' });
  const project_id = made.data.id;
  const writes: Record<string, () => Promise<unknown>> = {
    create: () => client.create({ title: 'same', tags: ['a'] }),
    'into a project': async () => client.v1('PATCH', `/tasks/${await any()}`, { project_id }),
    'another title': async () => client.v1('PATCH', `/tasks/${await any()}`, { title: 'SAME' }),
    'another priority': async () => client.v1('PATCH', `/tasks/${await any()}`, { priority: 'Low' }),
    move: async () => client.v1('POST', `/tasks/${await any()}/move`, { before: null }),
    delete: async () => client.v1('DELETE', `/tasks/${await any()}`),
    archive: () => client.v1('PATCH', `/projects/${project_id}`, { archived: true }),
    'rename a tag': () => sendRenameTag(client, 'a', 'b'),
    'rows of another Duly': () => insertTasks(client, 50),
  };
  for (const [name, write] of Object.entries(writes)) {
    await write();
    expect(Math.max(...(await checkPages(id, name)))).toBeLessThanOrEqual(maxBeyond);
  }
  // More than are read beside the index.
  await insertTasks(client, 400);
  expect(await checkPages(id, 'many')).toEqual(new Set([maxBeyond + 1]));
  await completeOrders(app.ctx.db, id);
  expect(await checkPages(id, 'completed again')).toEqual(new Set([0]));
  await insertTasks(client, 700);
  await completeOrders(app.ctx.db, id);
  expect(await checkPages(id, 'all again')).toEqual(new Set([0]));
});

test('a list of a short one says nothing of indexes, and its tasks are in none', async () => {
  const client = await newClient(app);
  await insertTasks(client, 60);
  const { orderGap } = await listTasks(app.ctx.db, client.user.id, { ...plain, sort_by: 'title' });
  expect([orderGap, await ordersFrom(client)]).toEqual([0, null]);
});

test('a request completes the indexes, and later ones read along them', async () => {
  const client = await newClient(app);
  await insertTasks(client, 6_000);
  await asAdmin('vacuum (analyze) duly.tasks', app.database.connection.database);
  // `limit` keeps the response cache out of it.
  for (let limit = 1; limit <= 5; limit += 1)
    expect((await client.v1('GET', `/tasks?sort_by=title&limit=${limit}`)).status).toBe(200);
  await waitUntil(async () => (await ordersFrom(client)) === 1n);
  for (const sort_by of orders) {
    const plan = await planOf(app.ctx.db, await statementOfList(client.user.id, { sort_by }));
    expect(indexesOf(plan)).toContain(`tasks_live_${sort_by}`);
  }
  // A few tasks are read beside the index. Of more, it is completed again.
  await sendBulk(
    client,
    repeat(90, () => ({ op: 'create', title: 'new' })),
  );
  expect((await client.v1('GET', '/tasks?sort_by=title&limit=6')).status).toBe(200);
  expect(await ordersFrom(client)).toBe(1n);
  await sendBulk(
    client,
    repeat(90, () => ({ op: 'create', title: 'new' })),
  );
  expect((await client.v1('GET', '/tasks?sort_by=title&limit=7')).status).toBe(200);
  await waitUntil(async () => (await ordersFrom(client)) === 3n);
});

describe('an entry of the index by title', () => {
  test.each([
    ['folds to the longest text', 'ﷺ'],
    ['has the longest characters', '😀'],
  ])('that %s is not too long', async (_, character) => {
    const title = character.repeat(200);
    const userId = '😀'.repeat(255);
    await sql`insert into duly.owners (user_id, revision) values (${userId}, 1) on conflict do nothing`.execute(
      app.ctx.db,
    );
    await sql`insert into duly.tasks (user_id, title, search_text, search_version, revision, in_orders)
      values (${userId}, ${title}, ${searchTextOf(title, null)}, 1, 1, true)`.execute(app.ctx.db);
  });
});
