import { sql } from 'kysely';
import type { Task } from '../../src/tasks/model.ts';
import type { Reply, TestApp } from './app.ts';
import type { Client } from './tasks.ts';

/** Deletes tasks of the given fields, one after the other. */
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

/** What those who follow the changes are told of the purged. */
export async function tombstones(app: TestApp, { user }: Client) {
  const { db } = app.ctx;
  const rows = await db
    .selectFrom('duly.tombstones')
    .select(['type', 'id', 'revision'])
    .where('user_id', '=', user.id)
    .execute();
  return rows.map((row) => ({ ...row, revision: Number(row.revision) }));
}

/** What of an answer does not differ from request to request. */
export const comparableResult = ({ status, text }: Reply) => ({
  status,
  text: text.replaceAll(/"(timestamp|request_id)":"[^"]*"/g, ''),
});

/** Fills the trash past what a request could make in the time of a test. */
export async function fillTrash(app: TestApp, { user, create, v1 }: Client, count: number): Promise<void> {
  await v1('DELETE', `/tasks/${(await create()).id}`);
  await sql`
    insert into duly.tasks (user_id, id, title, revision, deleted_at)
    select ${user.id}, gen_random_uuid(), 'filler', 2, now() from generate_series(2, ${count})`.execute(
    app.ctx.db,
  );
}
