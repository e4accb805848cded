import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { isoText } from '../db/columns.ts';
import type { CursorKeys } from '../db/cursors.ts';
import { type EncodedPage, findPage, readPage } from '../db/keyset-page.ts';
import type { SortOrder } from '../db/page-order.ts';
import type { Db } from '../db/schema.ts';
import { executeQuery, param } from '../db/statements.ts';
import { notFound } from '../platform/errors.ts';
import { reminderJson } from './columns.ts';
import type { ReminderListQuery, TaskReminderListQuery } from './model.ts';
import { reminderQuery } from './queries.ts';

const userParam = param<string>('user_id');

const soonestFirst: SortOrder = {
  key: sql`t.next_at`,
  name: 'next_at',
  keyText: isoText(sql`t.next_at`),
  keyFromText: (text) => sql`${text}::timestamptz`,
  direction: 'asc',
  nullable: true,
};

const ofTask = sql<SqlBool>`t.task_id = ${param('task_id')}::uuid`;
/** A reminder that is still to be sent has a live task. */
const isPending = sql<SqlBool>`t.next_at is not null`;
const isOfLiveTask = sql<SqlBool>`exists (
    select from duly.tasks as o where o.user_id = ${userParam} and o.id = t.task_id and o.deleted_at is null
  )`;

const conditionsOf = (taskId: string | null, pending: boolean | undefined): RawBuilder<SqlBool>[] => {
  if (taskId !== null) return [ofTask];
  if (pending === true) return [isPending];
  return pending === undefined ? [isOfLiveTask] : [sql`t.next_at is null`, isOfLiveTask];
};

/**
 * A page of the reminders of live tasks, the next one first, and at the end those that are not sent any more.
 * @param taskId of one task, which is live; null: of all
 * @throws AppError VALIDATION_ERROR, CURSOR_EXPIRED
 */
export function readReminderPage(
  db: Db,
  userId: string,
  taskId: string | null,
  { pending, ...query }: ReminderListQuery,
  keys: CursorKeys,
): Promise<EncodedPage> {
  const shape = taskId === null ? `${pending}` : 'task';
  const source = {
    table: 'duly.reminders',
    shape,
    where: conditionsOf(taskId, pending),
    json: reminderJson,
    params: { user_id: userId, task_id: taskId },
    materialize: false,
    hasUnfoldedRows: null,
  };
  return readPage({ ...keys, scope: [userId, 'reminders', taskId, shape] }, query, (request) =>
    findPage(db, source, soonestFirst, request),
  );
}

/**
 * A page of the reminders of a task.
 * @throws AppError NOT_FOUND when the task is not live; VALIDATION_ERROR, CURSOR_EXPIRED
 */
export async function readTaskReminders(
  db: Db,
  userId: string,
  taskId: string,
  query: TaskReminderListQuery,
  keys: CursorKeys,
): Promise<EncodedPage> {
  const [page, task] = await Promise.all([
    readReminderPage(db, userId, taskId, query, keys),
    executeQuery(db, reminderQuery(userId, taskId, null)),
  ]);
  if (task === undefined) throw notFound('Task');
  return page;
}
