import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { repeat, sendBulk } from '../support/bulk.ts';
import { asAdmin } from '../support/database.ts';
import { seeded } from '../support/random.ts';
import { sendDeleteTag, sendRenameTag } from '../support/tags.ts';
import { type Client, newClient } from '../support/tasks.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const seed = Number(process.env.DULY_TEST_SEED ?? 20_261_128);
const live = 'deleted_at is null';
const shown = `${live} and (project_id is null or project_id not in (
  select p.id from duly.projects as p where p.user_id = tasks.user_id and p.archived_at is not null
))`;

/** Queries of lists that are long, and which tasks they have. */
const lists: Record<string, string> = {
  '': shown,
  'archived=show': live,
  'status=pending': `${shown} and completed_at is null`,
  'completed=false&sort_by=title': `${shown} and completed_at is null`,
  'priority=Medium&sort_by=priority': `${shown} and priority = 'Medium'`,
  'due=none': `${shown} and due_date is null`,
  'parent_id=none&sort_by=updated_at': `${shown} and parent_id is null`,
  'project_id=none': `${shown} and project_id is null`,
  'has_reminder=false': `${shown} and reminder_count = 0`,
  'tags=wide': `${shown} and tags @> '{wide}'`,
  'tags=wide&tags=rare&tags_match=all': `${shown} and tags @> '{wide,rare}'`,
  'due_after=2029-01-01&sort_by=due_date': `${shown} and due_date >= '2029-01-01'`,
  'deferred=hide': `${shown} and (start_date is null or start_date <= current_date)`,
  'due=overdue&sort_by=due_date': `${shown} and completed_at is null and due_date < current_date`,
};

/**
 * Reads each list, whose total before the write is known, and the first one again, whose total is known now. `limit`
 * keeps the response cache out of it.
 */
async function checkTotals(client: Client, after: string): Promise<void> {
  const counts = Object.values(lists).map(
    (condition) => sql`count(*) filter (where ${sql.raw(condition)})::int`,
  );
  const { rows } = await sql<{ counts: number[] }>`select array[${sql.join(counts)}] as counts from duly.tasks
    where user_id = ${client.user.id}`.execute(app.ctx.db);
  const queries = Object.keys(lists);
  const totals: number[] = [];
  for (const query of [...queries, '']) {
    const { status, headers } = await client.v1('GET', `/tasks?${query}&limit=${totals.length + 1}`);
    expect(status).toBe(200);
    totals.push(Number(headers.get('x-total-count')));
  }
  const [counted = []] = rows.map((row) => row.counts);
  expect([after, ...totals]).toEqual([after, ...counted, counted[0]]);
}

async function repeatWrites(count: number, write: () => Promise<unknown>): Promise<void> {
  for (let index = 0; index < count; index += 1) await write();
}

test(`X-Total-Count of long lists is exact after every kind of write, seed ${seed}`, async () => {
  const random = seeded(seed);
  const client = await newClient(app);
  const tasks: string[] = [];
  // So many that totals are counted in chunks, and filtered lists are read along the index of their order.
  for (let batch = 0; batch < 64; batch += 1) {
    const due_date = batch % 2 === 0 ? '2020-05-05' : null;
    const { body } = await sendBulk(
      client,
      repeat(100, () => ({ op: 'create', title: 'one of many', tags: ['wide'], due_date })),
    );
    for (const { id } of body.data) tasks.push(id);
  }
  const take = () => tasks.splice(random.below(tasks.length), 1)[0] ?? '';
  const any = () => random.pick(tasks);
  const { body: made } = await client.v1('POST', '/projects', { name: 'a project' });
  const project = `/projects/${made.data.id}`;
  let gone = '';
  const writes: [string, () => Promise<unknown>][] = [
    ['create', () => client.create({ title: 'new' })],
    ['complete', () => client.v1('PATCH', `/tasks/${any()}/complete`, { completed: true })],
    ['change', () => client.v1('PATCH', `/tasks/${any()}`, { priority: 'High', due_date: '2030-01-01' })],
    ['subtask', () => client.v1('POST', '/tasks', { title: 'below', parent_id: any() })],
    ['into a project', () => client.v1('PATCH', `/tasks/${any()}`, { project_id: made.data.id })],
    ['archive', () => client.v1('PATCH', project, { archived: true })],
    ['reminder', () => client.v1('POST', `/tasks/${any()}/reminders`, { remind_at: '2031-01-01T00:00:00Z' })],
    [
      'delete',
      () => {
        gone = take();
        return client.v1('DELETE', `/tasks/${gone}`);
      },
    ],
    ['restore', () => client.v1('POST', `/trash/${gone}/restore`)],
    ['delete again', () => client.v1('DELETE', `/tasks/${gone}`)],
    ['purge', () => client.v1('DELETE', `/trash/${gone}`)],
    [
      // Between two counts: no row is left that says so.
      'delete and purge',
      async () => {
        const id = take();
        await client.v1('DELETE', `/tasks/${id}`);
        return client.v1('DELETE', `/trash/${id}`);
      },
    ],
    [
      'bulk',
      () =>
        sendBulk(client, [
          { op: 'delete', id: take() },
          { op: 'create', title: 'other' },
        ]),
    ],
    [
      'defer',
      () => client.v1('PATCH', `/tasks/${any()}`, { start_date: '2090-01-01', tags: ['wide', 'rare'] }),
    ],
    ['make overdue', () => client.v1('PATCH', `/tasks/${any()}`, { due_date: '2021-06-07' })],
    [
      'more than are looked through',
      () =>
        repeatWrites(4, () =>
          sendBulk(
            client,
            repeat(100, () => ({ op: 'complete', id: any(), completed: true })),
          ),
        ),
    ],
    ['unarchive', () => client.v1('PATCH', project, { archived: false })],
    ['delete a project', () => client.v1('DELETE', `${project}?tasks=trash`)],
    ['rename a tag', () => sendRenameTag(client, 'wide', 'broad')],
    ['rename it back', () => sendRenameTag(client, 'broad', 'wide')],
    ['delete a tag', () => sendDeleteTag(client, 'wide')],
    ['empty the trash', () => client.v1('DELETE', '/trash')],
  ];
  // As autovacuum does some time later: without statistics, joins of so many rows run into the time-out.
  await asAdmin('vacuum (analyze) duly.tasks, duly.task_tags', app.database.connection.database);
  // The first time finds that the list is long, the second where its chunks begin, the third what they have.
  for (const time of ['first', 'second', 'third']) await checkTotals(client, `${time} time`);
  for (const [name, run] of writes) {
    const before = await client.revision();
    await run();
    expect([name, (await client.revision()) > before]).toEqual([name, true]);
    await checkTotals(client, name);
  }
});
