import { sql } from 'kysely';
import { noId, timestamp } from '../db/columns.ts';
import type { Db } from '../db/schema.ts';
import { type Cte, type CteTemplate, executeQuery, param, type Query, query } from '../db/statements.ts';
import { readReminder, reminderSelection, upsertRemindersCtes } from './columns.ts';
import type { Reminder } from './model.ts';
import type { RemindedTask } from './rules.ts';

const userParam = param<string>('user_id');
const revision = sql`(select revision from stamp)`;
const taskParam = sql`${param('task_id')}::uuid`;

/** A task and one of its reminders, as a write or a read of that reminder needs them. */
export interface FoundReminder {
  task: RemindedTask & { reminder_count: number };
  reminder: Reminder | undefined;
}

interface FoundRow {
  due_date: string | null;
  due_at: string | null;
  start_date: string | null;
  is_completed: boolean;
  reminder_count: number;
  reminder_id: string | null;
}

/**
 * Reads a live task with the reminder of that id, if it is one of the task's; undefined when this user has no such
 * task.
 * @param reminderId null for none
 */
export const reminderQuery = (
  userId: string,
  taskId: string,
  reminderId: string | null,
): Query<FoundReminder | undefined> =>
  query('reminder', reminderSql, { user_id: userId, task_id: taskId, id: reminderId ?? noId }, ([row]) => {
    if (row === undefined) return undefined;
    const { due_date, due_at, start_date, is_completed: completed, reminder_count } = row;
    return {
      task: {
        ...{ due_date, start_date, completed, reminder_count },
        due_at: due_at && timestamp.read(due_at),
        deleted_at: null,
      },
      reminder: row.reminder_id === null ? undefined : readReminder({ ...row }),
    };
  });

const reminderSql = sql<FoundRow>`
  select t.due_date, ${timestamp.select(sql.ref('t.due_at'))} as due_at, t.start_date,
    t.completed_at is not null as is_completed, t.reminder_count, ${reminderSelection}
  from duly.tasks as t
  left join duly.reminders as r on r.user_id = ${userParam} and r.id = ${param('id')}::uuid and r.task_id = t.id
  where t.user_id = ${userParam} and t.id = ${taskParam} and t.deleted_at is null`;

/** @returns undefined when this user has no live task of that id; without `reminder` if that is none of the task's */
export const findReminder = (db: Db, userId: string, taskId: string, reminderId: string) =>
  executeQuery(db, reminderQuery(userId, taskId, reminderId));

/** Stores reminders as they are; their tasks may be stored by the same statement. */
export const storeRemindersCte = (userId: string, reminders: readonly Reminder[]): Cte => ({
  template: storeTemplate,
  params: { user_id: userId, reminder_rows: JSON.stringify(reminders) },
});

const storeTemplate: CteTemplate = { name: 'reminders', sql: upsertRemindersCtes };

export const deleteReminderCte = (userId: string, id: string): Cte => ({
  template: deleteTemplate,
  params: { user_id: userId, deleted_reminder: id },
});

const deleteTemplate: CteTemplate = {
  name: 'delete reminder',
  sql: sql`deleted_reminder as (
      delete from duly.reminders where user_id = ${userParam} and id = ${param('deleted_reminder')}::uuid returning id
    ), deleted_reminder_tombstone as (
      insert into duly.tombstones (user_id, type, id, revision)
      select ${userParam}, 'reminder', id::text, ${revision} from deleted_reminder
    )`,
};

/** Stores how many reminders a task has: a new revision, but no new version. */
export const countRemindersCte = (userId: string, taskId: string, count: number): Cte => ({
  template: countTemplate,
  params: { user_id: userId, task_id: taskId, reminder_count: count },
});

const countTemplate: CteTemplate = {
  name: 'count reminders',
  sql: sql`counted_reminders as (
      update duly.tasks set reminder_count = ${param('reminder_count')}::int, revision = ${revision}
      where user_id = ${userParam} and id = ${taskParam}
    )`,
};
