import { isDeepStrictEqual } from 'node:util';
import { sql } from 'kysely';
import type { Db, Tx } from '../db/schema.ts';
import type { NewTask, Task } from './model.ts';
import { storedColumns, taskColumns, toTask } from './row.ts';

/** Time of the running statement: inside `writeFor` that is after the owner's lock, so times never run backward. */
const now = sql<Date>`statement_timestamp()`;

/** @returns the live task, or null when this user has none of that id. */
export async function findTask(db: Db, userId: string, taskId: string): Promise<Task | null> {
  const row = await db
    .selectFrom('tasks as t')
    .select(taskColumns)
    .where('t.user_id', '=', userId)
    .where('t.id', '=', taskId)
    .where('t.deleted_at', 'is', null)
    .executeTakeFirst();
  return row === undefined ? null : toTask(row);
}

/** The fields of a task that its owner sets, each of them given. */
export type TaskFields = Required<NewTask>;

export async function insertTask(
  tx: Tx,
  userId: string,
  revision: bigint,
  id: string,
  fields: TaskFields,
): Promise<Task> {
  const row = await tx
    .insertInto('tasks')
    .values({
      user_id: userId,
      id,
      title: fields.title,
      description: fields.description,
      completed_at: fields.completed ? now : null,
      priority: fields.priority,
      due_date: fields.due_date,
      revision,
    })
    .returning(storedColumns)
    .executeTakeFirstOrThrow();
  await setTaskTags(tx, userId, id, revision, fields.tags);
  return toTask({ ...row, tags: fields.tags });
}

/** Writes all fields of a task that exists; its version goes up by 1. */
export async function updateTask(
  tx: Tx,
  userId: string,
  revision: bigint,
  before: Task,
  fields: TaskFields,
): Promise<Task> {
  const row = await tx
    .updateTable('tasks')
    .set({
      title: fields.title,
      description: fields.description,
      completed_at: fields.completed ? sql<Date>`coalesce(completed_at, ${now})` : null,
      priority: fields.priority,
      due_date: fields.due_date,
      version: before.version + 1,
      revision,
      updated_at: now,
    })
    .where('user_id', '=', userId)
    .where('id', '=', before.id)
    .returning(storedColumns)
    .executeTakeFirstOrThrow();
  if (!isDeepStrictEqual(fields.tags, before.tags))
    await setTaskTags(tx, userId, before.id, revision, fields.tags);
  return toTask({ ...row, tags: fields.tags });
}

/** Marks a live task as deleted; its tags stay with it for a restore. */
export async function softDeleteTask(
  tx: Tx,
  userId: string,
  revision: bigint,
  taskId: string,
): Promise<void> {
  await tx
    .updateTable('tasks')
    .set({ deleted_at: now, updated_at: now, version: sql<number>`version + 1`, revision })
    .where('user_id', '=', userId)
    .where('id', '=', taskId)
    .where('deleted_at', 'is', null)
    .execute();
}

/** Replaces the set of a task's tags, making those that the user has not had before. */
async function setTaskTags(
  tx: Tx,
  userId: string,
  taskId: string,
  revision: bigint,
  names: readonly string[],
): Promise<void> {
  await tx
    .deleteFrom('task_tags')
    .where('user_id', '=', userId)
    .where('task_id', '=', taskId)
    .where('name', '!=', sql<string>`all(${names})`)
    .execute();
  if (names.length === 0) return;
  await tx
    .insertInto('tags')
    .values(names.map((name) => ({ user_id: userId, name, revision })))
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  await tx
    .insertInto('task_tags')
    .values(names.map((name) => ({ user_id: userId, task_id: taskId, name })))
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}
