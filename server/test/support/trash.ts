import { sql } from 'kysely';
import type { Task } from '../../src/tasks/model.ts';
import type { Reply, TestApp } from './app.ts';
import type { Client } from './tasks.ts';

/** Creates tasks with these fields and deletes them, one after the other. */
export async function createTrashedTasks(
  { create, v1 }: Client,
  ...all: Record<string, unknown>[]
): Promise<Task[]> {
  const tasks: Task[] = [];
  for (const fields of all) {
    const task = await create(fields);
    const reply = await v1('DELETE', `/tasks/${task.id}`);
    if (reply.status !== 200) throw new Error(`not deleted: ${reply.text}`);
    tasks.push(task);
  }
  return tasks;
}

export const listTrashed = async ({ v1 }: Client, query = '') =>
  (await v1('GET', `/trash${query}`)).body.data;

/** The stored tombstones of the user's purged tasks. */
export async function tombstones(app: TestApp, { user }: Client) {
  const { db } = app.ctx;
  const rows = await db
    .selectFrom('duly.tombstones')
    .select(['type', 'id', 'revision'])
    .where('user_id', '=', user.id)
    .execute();
  return rows.map((row) => ({ ...row, revision: Number(row.revision) }));
}

/** The parts of a response that do not differ between requests. */
export const comparableResult = ({ status, text }: Reply) => ({
  status,
  text: text.replaceAll(/"(timestamp|request_id)":"[^"]*"/g, ''),
});

/** Inserts more trashed tasks directly than requests could create during a test. */
export async function fillTrash(app: TestApp, { user, create, v1 }: Client, count: number): Promise<void> {
  await v1('DELETE', `/tasks/${(await create()).id}`);
  await sql`
    insert into duly.tasks (user_id, id, title, revision, deleted_at)
    select ${user.id}, gen_random_uuid(), 'filler', 2, now() from generate_series(2, ${count})`.execute(
    app.ctx.db,
  );
}
