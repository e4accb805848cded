import { readFile } from 'node:fs/promises';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commonTag, heavyUser, searchTerms, seed, taskId } from '../../bench/seed.ts';
import type { CursorKeys } from '../../src/db/cursors.ts';
import type { Db } from '../../src/db/schema.ts';
import { listDeliveries } from '../../src/deliveries/list.ts';
import { endOfRevision } from '../../src/feed/position.ts';
import { findChanges } from '../../src/feed/queries.ts';
import { readReminderPage } from '../../src/reminders/list.ts';
import { listTags } from '../../src/tags/queries.ts';
import { listTasks, type TaskListFilter } from '../../src/tasks/list.ts';
import { findTask } from '../../src/tasks/queries.ts';
import { listTrash } from '../../src/tasks/trash.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { statementOf } from '../support/capture-statement.ts';
import { asAdmin } from '../support/database.ts';
import { indexesOf, planOf, rowsExamined, sequentialScans } from '../support/plans.ts';

const size = { users: 1_000, tasksPerUser: 60, heavyUserTasks: 6_000 };
const page = { limit: 50, offset: 0, position: null };
const cursorKeys: CursorKeys = { secrets: ['a secret'], epoch: null };
const plain: TaskListFilter = {
  ...page,
  status: 'all',
  priority: 'all',
  tags_match: 'any',
  sort_by: 'created_at',
  sort_direction: 'desc',
};

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
  await seed(app.database.connection, size);
  const tables = 'duly.projects, duly.sections, duly.tasks, duly.reminders, duly.deliveries';
  // The app's own statements have a time-out. Updates of all rows make the indexes grow, which the planner would count.
  const tidy = ['reindex table duly.tasks', `vacuum (analyze) ${tables}`];
  for (const statement of [placeTasks, remindOfTasks, ...tidy])
    await asAdmin(statement, app.database.connection.database);
});
afterAll(() => app.close());

/**
 * Gives each user twenty projects, of which one is archived, and puts four of five tasks into them. The id of a
 * section is that of its project. The first task of a project is the parent of the others.
 */
const placeTasks = `
  insert into duly.projects (user_id, id, name, position, archived_at, revision, created_at, updated_at)
  select user_id, md5(user_id || number)::uuid, 'project', 'a0', case when number = 2 then now() end, 1, now(), now()
  from duly.owners, generate_series(1, 20) as number;
  insert into duly.sections (user_id, id, project_id, name, position, revision, created_at, updated_at)
  select user_id, id, id, 'section', 'a0', 1, now(), now() from duly.projects;
  with placed as (
    select t.user_id, t.id, p.id as project_id,
      first_value(t.id) over (partition by t.user_id, p.id order by t.created_at) as first_id
    from (
      select user_id, id, created_at, row_number() over (partition by user_id order by created_at) % 25 + 1 as number
      from duly.tasks
    ) as t join duly.projects as p on p.user_id = t.user_id and p.id = md5(t.user_id || t.number)::uuid
  )
  update duly.tasks as t set project_id = placed.project_id, section_id = placed.project_id,
    parent_id = nullif(placed.first_id, t.id)
  from placed where placed.user_id = t.user_id and placed.id = t.id;
  update duly.tasks as t set subtasks_total = counted.total, subtasks_done = counted.done from (
    select user_id, parent_id, count(*) as total, count(completed_at) as done from duly.tasks
    where deleted_at is null group by user_id, parent_id
  ) as counted where counted.user_id = t.user_id and counted.parent_id = t.id`;

/** A reminder of each live task; about one in ten is still to be sent, and each of the others has a delivery. */
const remindOfTasks = `
  insert into duly.reminders (user_id, id, task_id, remind_at, next_at, version, created_at, updated_at, revision)
  select user_id, id, id, coalesce(next_at, created_at), next_at, 1, now(), now(), 1
  from (
    select user_id, id, created_at,
      case when completed_at is null and row_number() over (partition by user_id order by created_at) % 10 = 0
        then date_trunc('milliseconds', now()) + interval '1 day' end as next_at
    from duly.tasks where deleted_at is null
  ) as reminded;
  update duly.tasks set reminder_count = 1 where deleted_at is null;
  insert into duly.deliveries
    (user_id, id, kind, reminder_id, task_id, channel_type, scheduled_at, status, created_at, finished_at)
  select user_id, id, 'reminder', id, task_id, 'email', remind_at, 'sent', remind_at, remind_at
  from duly.reminders where next_at is null`;

/** Explains a query, for the user with few tasks or the one with many. */
async function planFor(query: (db: Db) => Promise<unknown>) {
  const plan = await planOf(app.ctx.db, await statementOf(query));
  expect(sequentialScans(plan)).toEqual([]);
  return { indexes: indexesOf(plan), touched: rowsExamined(plan), plan };
}

const list = (userId: string, filter: Partial<TaskListFilter> = {}) =>
  planFor((db) => listTasks(db, userId, { ...plain, ...filter }));

const listReminders = (userId: string, taskId: string | null, pending?: true) =>
  planFor((db) =>
    readReminderPage(db, userId, taskId, { limit: 50, ...(pending && { pending }) }, cursorKeys),
  );

const clock = { zone: 'Europe/Berlin', now: new Date() };
const listByClock = (userId: string, filter: Partial<TaskListFilter>) =>
  planFor((db) => listTasks(db, userId, { ...plain, ...filter }, clock));

/** How many live tasks have a due date within some days from today. */
async function countDue(userId: string, from: number, to: number, more: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`select count(*)::int as count from duly.tasks
    where user_id = ${userId} and deleted_at is null and ${sql.raw(more)}
      and due_date between current_date + ${from}::int and current_date + ${to}::int`.execute(app.ctx.db);
  return rows[0]?.count ?? 0;
}

/** One of the user's projects, sections, or tasks with subtasks. */
async function placeOf(userId: string, field: 'project_id' | 'section_id' | 'parent_id'): Promise<string> {
  const { rows } = await sql<{ id: string }>`select ${sql.ref(field)}::text as id from duly.tasks
    where user_id = ${userId} and parent_id is not null limit 1`.execute(app.ctx.db);
  return rows[0]?.id ?? expect.fail('no such task');
}

describe.each([
  ['few', 'bench-7', size.tasksPerUser, taskId(7, 7)],
  ['many', heavyUser, size.heavyUserTasks, taskId(heavyUser, 7)],
] as const)('of a user with %s tasks', (_, userId, count, id) => {
  test('one is found by its key', async () => {
    const { indexes, touched } = await planFor((db) => findTask(db, userId, id));
    expect(indexes).toEqual(['task_tags_pkey', 'tasks_pkey']);
    expect(touched).toBe(1);
  });

  const places = { 'the first page': null, 'a page in the middle': '2026-04-01T00:00:00Z' };

  test.each(Object.entries(places))('%s is read along an index, and the total from that', async (_, key) => {
    const position = key === null ? null : { backward: false, key, id };
    const { indexes, touched } = await list(userId, { position });
    expect(indexes).toEqual(['projects_archived', 'task_tags_pkey', 'tasks_live_created_at']);
    // Besides: the archived project, and its tasks between those of the page.
    expect(touched).toBeLessThanOrEqual(51 + 10);
  });

  test('a page with the tasks of archived projects, and its total, ask for no project', async () => {
    const { indexes, touched } = await list(userId, { archived: 'show' });
    expect(indexes).toEqual(['task_tags_pkey', 'tasks_live_created_at']);
    expect(touched).toBeLessThanOrEqual(51);
  });

  test('a page of a project is read along its index, and the total from that', async () => {
    const { indexes, touched } = await list(userId, { project_id: await placeOf(userId, 'project_id') });
    expect(indexes).toContain('tasks_project');
    // Deleted tasks are in the index too.
    expect(touched).toBeLessThanOrEqual(51 + 10);
  });

  test('tasks of a section are found by its index', async () => {
    const section_id = await placeOf(userId, 'section_id');
    const { indexes, touched } = await list(userId, { section_id, archived: 'show' });
    expect(indexes).toContain('tasks_section');
    // Once for the page, and once for the total.
    expect(touched).toBeLessThanOrEqual((2 * count) / 20 + 51);
  });

  test('the subtasks of a task are found by their index', async () => {
    const { indexes, touched } = await list(userId, { parent_id: await placeOf(userId, 'parent_id') });
    expect(indexes).toContain('tasks_parent');
    expect(touched).toBeLessThanOrEqual((2 * count) / 20 + 51 + 2);
  });

  test('the manual order looks at each of them once', async () => {
    const { touched } = await list(userId, { sort_by: 'position' });
    expect(touched).toBeLessThanOrEqual(count + 51 + 10);
  });

  test.each(Object.values(searchTerms))('a search for %s looks at each of them once', async (search) => {
    const { touched } = await list(userId, { search, sort_by: 'title' });
    // The other rows are the page and its tags.
    expect(touched).toBeLessThanOrEqual(count + 51 + 100);
  });

  test.each(['any', 'all'] as const)(
    'those with %s of two tags are found by the tags',
    async (tags_match) => {
      const tags = [commonTag, 'no such tag'];
      const { touched } = await list(userId, { tags, tags_match });
      expect(touched).toBeLessThanOrEqual(count / 4 + 51);
    },
  );

  test.each([
    ['today', -4, 4, 'true'],
    ['tomorrow', -3, 5, 'true'],
    ['week', -4, 10, 'true'],
    ['overdue', -100_000, 4, 'completed_at is null'],
  ] as const)('those that are due %s are found by the due date', async (due, from, to, more) => {
    for (const sort_by of ['created_at', 'due_date'] as const) {
      const { indexes, touched } = await listByClock(userId, { due, sort_by });
      expect(indexes).toContain('tasks_due');
      // The page is read by its keys, and the next task to become overdue by the index.
      expect(touched).toBeLessThanOrEqual(
        (await countDue(userId, from, to, more)) + (await countDue(userId, -4, 4, 'true')) + 51 + 11,
      );
    }
  });

  test('changes are read along the revisions', async () => {
    const { indexes, touched } = await planFor((db) =>
      findChanges(db, userId, endOfRevision(null, count), 100),
    );
    expect(indexes).toContain('tasks_revision');
    expect(touched).toBeLessThan(500);
  });

  test('the trash is read along an index', async () => {
    const { indexes, touched } = await planFor((db) => listTrash(db, userId, page));
    expect(indexes).toContain('tasks_trash');
    expect(touched).toBeLessThan(1_000);
  });

  test('reminders to be sent and those of a task are read along an index, and each task is asked about once', async () => {
    const [pending, ofTask] = [await listReminders(userId, null, true), await listReminders(userId, id)];
    expect([pending.indexes, ofTask.indexes]).toEqual([['reminders_user_next_at'], ['reminders_task']]);
    expect(pending.touched).toBeLessThanOrEqual(51);
    expect(ofTask.touched).toBe(1);
    // The other rows are the page and its tasks.
    expect((await listReminders(userId, null)).touched).toBeLessThanOrEqual(count + 51 + 51);
  });

  test('a page of the delivery log is read along an index, and the total from that', async () => {
    const { indexes, touched } = await planFor((db) => listDeliveries(db, userId, { limit: 50 }, cursorKeys));
    expect(indexes).toContain('deliveries_created_at');
    expect(touched).toBeLessThanOrEqual(51);
  });

  test('tags are read with their counts, without a look at tasks', async () => {
    const { indexes, touched } = await planFor((db) => listTags(db, userId, { limit: 100 }));
    expect(indexes).toEqual([expect.stringMatching(/^tags_/)]);
    expect(touched).toBeLessThanOrEqual(12);
  });
});

test('a trigram index as the documents have it finds rare words, and nobody else is asked about it', async () => {
  const page = await readFile(new URL('../../../docs/performance.md', import.meta.url), 'utf8');
  const [, script = ''] = /```sql\n([^`]+)```/.exec(page) ?? expect.fail('no script');
  // The app's own statements have a time-out.
  for (const statement of script.split(';').filter((part) => part.trim() !== ''))
    await asAdmin(statement, app.database.connection.database);
  const [found, scanned] = [
    await list(heavyUser, { search: searchTerms.rare }),
    await list(heavyUser, { search: 'e' }),
  ];
  expect(found.indexes).toContain('tasks_search_text');
  expect(found.touched).toBeLessThan(size.heavyUserTasks / 20);
  expect(scanned.indexes).not.toContain('tasks_search_text');
});
