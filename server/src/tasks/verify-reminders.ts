import { sql } from 'kysely';
import { isTimeZone } from '../dates/zones.ts';
import { selectColumns, timestamp } from '../db/columns.ts';
import type { Db } from '../db/schema.ts';
import { readReminder, reminderSelection } from '../reminders/columns.ts';
import type { Reminder } from '../reminders/model.ts';
import { instantOfReminder, type RemindedTask, referencesOf } from '../reminders/rules.ts';
import { zoneOf } from '../writes/stamps.ts';
import { taskColumns } from './columns.ts';

const remindersPerStatement = 1_000;
/** Reported for each user and each kind of fault. */
const maxFaults = 100;

type ReportFault = (fault: string) => void;

/** Checks each task's number of reminders against its reminders, and the time of each against the rule. */
export async function verifyReminders(db: Db, userId: string, report: ReportFault): Promise<void> {
  await verifyCounts(db, userId, report);
  let faults = 0;
  for (let after: string | null = null; faults < maxFaults; ) {
    const rows: CheckedReminder[] = await readReminders(db, userId, after);
    for (const { reminder, task, userZone } of rows) {
      const fault = faultOf(reminder, task, userZone);
      if (fault === null || faults >= maxFaults) continue;
      report(`reminder ${reminder.id}: its row has the next_at ${reminder.next_at}, ${fault}`);
      faults += 1;
    }
    if (rows.length < remindersPerStatement) return;
    after = rows.at(-1)?.reminder.id ?? null;
  }
}

async function verifyCounts(db: Db, userId: string, report: ReportFault): Promise<void> {
  const { rows } = await sql<{ id: string; reminder_count: number; stored: number }>`
    with stored as materialized (
      select task_id, count(*)::int as count from duly.reminders where user_id = ${userId} group by task_id
    )
    select t.id, t.reminder_count, coalesce(stored.count, 0) as stored
    from duly.tasks as t left join stored on stored.task_id = t.id
    where t.user_id = ${userId} and t.reminder_count <> coalesce(stored.count, 0) limit ${maxFaults}`.execute(
    db,
  );
  for (const { id, reminder_count, stored } of rows)
    report(`task ${id}: its row has a reminder_count of ${reminder_count}, its reminders are ${stored}`);
}

interface CheckedReminder {
  reminder: Reminder;
  task: RemindedTask;
  userZone: string;
}

/** A time that has passed may be on its way. One that was sent, or was past when it was set, is null. */
function faultOf(reminder: Reminder, task: RemindedTask, userZone: string): string | null {
  if (!isTimeZone(userZone)) return `the runtime does not know the zone ${JSON.stringify(userZone)}`;
  const references = referencesOf(task, userZone);
  const { next_at, snoozed_until, fired_at } = reminder;
  const right = references.isActive ? (snoozed_until ?? instantOfReminder(reminder, references)) : null;
  if (next_at === right) return null;
  const isOver = fired_at !== null || right === null || Date.parse(right) <= Date.now();
  return next_at === null && isOver && snoozed_until === null ? null : `its rule gives ${right}`;
}

const { due_date, due_at, start_date, completed, deleted_at } = taskColumns;
const taskSelection = (userId: string) =>
  selectColumns(
    { due_date, due_at, start_date, completed, deleted_at },
    { alias: 't', userId: sql`${userId}` },
  );

type ReminderRow = Record<string, unknown> & RemindedTask & { user_zone: string };

async function readReminders(db: Db, userId: string, after: string | null): Promise<CheckedReminder[]> {
  const next = after === null ? sql`true` : sql`r.id > ${after}::uuid`;
  const { rows } = await sql<ReminderRow>`
    select ${reminderSelection}, ${taskSelection(userId)}, ${zoneOf(sql`${userId}`)} as user_zone
    from duly.reminders as r join duly.tasks as t on t.user_id = ${userId} and t.id = r.task_id
    where r.user_id = ${userId} and ${next} order by r.id limit ${remindersPerStatement}`.execute(db);
  return rows.map((row) => ({
    reminder: readReminder(row),
    task: {
      ...{ due_date: row.due_date, start_date: row.start_date, completed: row.completed },
      due_at: row.due_at && timestamp.read(row.due_at),
      deleted_at: row.deleted_at,
    },
    userZone: row.user_zone,
  }));
}
