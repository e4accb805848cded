import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { heavyUser, seed, taskId } from '../../bench/seed.ts';
import { listTasks, type TaskListFilter } from '../../src/tasks/list.ts';
import { completeOrders } from '../../src/tasks/order-indexes.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { statementOf } from '../support/capture-statement.ts';
import { asAdmin } from '../support/database.ts';
import { entriesExamined, planOf, sequentialScans } from '../support/plans.ts';

/** Plans of the lists of a user with many tasks, whose totals are known from before. */

const size = { users: 500, tasksPerUser: 60, heavyUserTasks: 20_000 };
const plain: TaskListFilter = {
  limit: 50,
  offset: 0,
  position: null,
  status: 'all',
  priority: 'all',
  tags_match: 'any',
  sort_by: 'created_at',
  sort_direction: 'desc',
};
const clock = { zone: 'Europe/Berlin', now: new Date() };

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
  await seed(app.database.connection, size);
  await completeOrders(app.ctx.db, heavyUser);
  for (const statement of [addReminders, 'vacuum (analyze) duly.tasks'])
    await asAdmin(statement, app.database.connection.database);
});
afterAll(() => app.close());

/** One task in a hundred has a reminder that was sent. */
const addReminders = `
  insert into duly.reminders (user_id, id, task_id, remind_at, version, created_at, updated_at, revision)
  select user_id, id, id, created_at, 1, now(), now(), 1 from duly.tasks
  where user_id = '${heavyUser}' and deleted_at is null and get_byte(uuid_send(id), 0) < 3;
  update duly.tasks set reminder_count = 1
  where user_id = '${heavyUser}' and id in (select task_id from duly.reminders where user_id = '${heavyUser}')`;

const read = (filter: Partial<TaskListFilter>) =>
  listTasks(app.ctx.db, heavyUser, { ...plain, ...filter }, clock);

/** Rows and entries that the statement of a list reads, once its total is known. */
async function examined(filter: Partial<TaskListFilter>): Promise<number> {
  const statement = await statementOf((db) => listTasks(db, heavyUser, { ...plain, ...filter }, clock));
  const plan = await planOf(app.ctx.db, statement);
  expect(sequentialScans(plan)).toEqual([]);
  return entriesExamined(plan);
}

const changeTask = (number: number, change: string) =>
  asAdmin(
    `with stamp as (update duly.owners set revision = revision + 1 where user_id = '${heavyUser}' returning revision)
      update duly.tasks set ${change}, revision = stamp.revision, version = version + 1, tags_version = version + 1
      from stamp where user_id = '${heavyUser}' and id = '${taskId(heavyUser, number)}'`,
    app.database.connection.database,
  );

const lists: Record<string, Partial<TaskListFilter>> = {
  all: {},
  'all, archived too': { archived: 'show' },
  pending: { status: 'pending' },
  'of one priority': { priority: 'High' },
  'of no section': { section_id: 'none' },
  'without reminders': { has_reminder: false },
  'not deferred': { deferred: 'hide' },
  'with a due date': { due: 'any' },
};

describe.each(Object.entries(lists))('%s', (_, filter) => {
  beforeEach(async () => {
    // The first time finds that the list is long, the second where its chunks begin, the third what they have.
    for (let time = 0; time < 3; time += 1) await read(filter);
  });

  test.each(['created_at', 'due_date', 'updated_at', 'title', 'priority', 'position'] as const)(
    'by %s: no more is read than for the page',
    async (sort_by) => {
      // A filter passes one of four tasks at least, and one of three has a due date. The tasks that were changed last
      // are completed ones.
      const isLate = sort_by === 'updated_at' && filter.status === 'pending';
      const limit = isLate ? 0.6 * size.heavyUserTasks : 51 * 12;
      expect(await examined({ ...filter, sort_by })).toBeLessThan(limit);
    },
  );

  test('after a write the chunk of the changed task is counted again', async () => {
    await changeTask(77, `title = 'changed'`);
    expect(await examined(filter)).toBeLessThan(51 * 8 + 2_001 + 10);
  });
});

test('those with reminders are found by their index', async () => {
  const { total } = await read({ has_reminder: true });
  expect(total).toBeGreaterThan(100);
  // Each is looked at once, and those of the page are read by their keys.
  expect(await examined({ has_reminder: true })).toBeLessThanOrEqual(total + 2 * 51);
});
