import { sql } from 'kysely';
import type { Db } from '../db/schema.ts';
import { verifyDue } from './verify-due.ts';
import { verifyReminders } from './verify-reminders.ts';

export interface DataTotals {
  users: number;
  tasks: number;
  tags: number;
  /** Tasks whose tags are not stored on their rows yet. */
  tasksToStore: number;
}

/** Called for each fault in a user's data. */
type ReportFault = (userId: string, fault: string) => void;

const usersPerStatement = 1_000;
/** Reported for each user and each kind of fault. */
const maxFaults = 100;

/**
 * Checks what writes store beside its source: the tags on a task's row against `task_tags`, each tag's count against
 * its live tasks, each task's numbers of subtasks against its live children and that of its reminders, and each instant
 * against date, time and zone. Each check of a user is one snapshot, or one of some tasks, so a server may run
 * meanwhile.
 */
export async function verifyData(db: Db, report: ReportFault): Promise<DataTotals> {
  const totals = { users: 0, tasks: 0, tags: 0, tasksToStore: 0 };
  for await (const userId of readUsers(db)) {
    const tasks = await verifyTagsOfTasks(db, userId, report);
    totals.users += 1;
    totals.tasks += tasks.count;
    totals.tasksToStore += tasks.toStore;
    totals.tags += await verifyTagCounts(db, userId, report);
    await verifySubtasks(db, userId, report);
    await verifyDue(db, userId, (fault) => report(userId, fault));
    await verifyReminders(db, userId, (fault) => report(userId, fault));
  }
  return totals;
}

async function* readUsers(db: Db): AsyncGenerator<string> {
  for (let after = ''; ; ) {
    const { rows } = await sql<{ user_id: string }>`
      select user_id from duly.owners where user_id > ${after} order by user_id limit ${usersPerStatement}`.execute(
      db,
    );
    for (const { user_id } of rows) yield user_id;
    const last = rows.at(-1);
    if (last === undefined) return;
    after = last.user_id;
  }
}

interface CheckedTask {
  count: number;
  to_store: number;
  id: string | null;
  stored: string[];
  linked: string[];
}

/** The number of tasks is in each row, and in a row without an id if no task is wrong. */
async function verifyTagsOfTasks(db: Db, userId: string, report: ReportFault) {
  const { rows } = await sql<CheckedTask>`
    with links as materialized (
      select task_id, array_agg(name order by name) as names from duly.task_tags
      where user_id = ${userId} group by task_id
    ), checked as materialized (
      select t.id, t.tags as stored, coalesce(links.names, '{}') as linked,
        t.tags_version is not distinct from t.version as is_stored
      from duly.tasks as t left join links on links.task_id = t.id where t.user_id = ${userId}
    )
    select totals.*, wrong.* from (
      select count(*)::int as count, (count(*) filter (where not is_stored))::int as to_store from checked
    ) as totals left join (
      select id::text, stored, linked from checked where is_stored and stored is distinct from linked limit ${maxFaults}
    ) as wrong on true`.execute(db);
  for (const { id, stored, linked } of rows)
    if (id !== null)
      report(
        userId,
        `task ${id}: its row has the tags ${JSON.stringify(stored)}, task_tags has ${JSON.stringify(linked)}`,
      );
  return { count: rows[0]?.count ?? 0, toStore: rows[0]?.to_store ?? 0 };
}

interface CheckedTag {
  total: number;
  name: string | null;
  usage_count: number;
  live: number;
}

async function verifyTagCounts(db: Db, userId: string, report: ReportFault): Promise<number> {
  const { rows } = await sql<CheckedTag>`
    with live as materialized (
      select tt.name, count(*)::int as count from duly.task_tags as tt
      join duly.tasks as t on t.user_id = ${userId} and t.id = tt.task_id
      where tt.user_id = ${userId} and t.deleted_at is null group by tt.name
    ), checked as materialized (
      select g.name, g.usage_count, coalesce(live.count, 0) as live
      from duly.tags as g left join live on live.name = g.name where g.user_id = ${userId}
    )
    select totals.*, wrong.* from (select count(*)::int as total from checked) as totals
    left join (
      select name, usage_count, live from checked where usage_count <> live limit ${maxFaults}
    ) as wrong on true`.execute(db);
  for (const { name, usage_count, live } of rows)
    if (name !== null)
      report(
        userId,
        `tag ${JSON.stringify(name)}: its usage_count is ${usage_count}, live tasks with it: ${live}`,
      );
  return rows[0]?.total ?? 0;
}

interface CheckedParent {
  id: string;
  total: number;
  done: number;
  live: number;
  completed: number;
}

async function verifySubtasks(db: Db, userId: string, report: ReportFault): Promise<void> {
  const { rows } = await sql<CheckedParent>`
    with live as materialized (
      select parent_id, count(*)::int as live, count(completed_at)::int as completed from duly.tasks
      where user_id = ${userId} and parent_id is not null and deleted_at is null group by parent_id
    )
    select t.id, t.subtasks_total as total, t.subtasks_done as done,
      coalesce(live.live, 0) as live, coalesce(live.completed, 0) as completed
    from duly.tasks as t left join live on live.parent_id = t.id
    where t.user_id = ${userId}
      and (t.subtasks_total, t.subtasks_done) is distinct from (coalesce(live.live, 0), coalesce(live.completed, 0))
    limit ${maxFaults}`.execute(db);
  for (const { id, total, done, live, completed } of rows)
    report(
      userId,
      `task ${id}: its row has ${done} of ${total} subtasks done, its live subtasks are ${completed} of ${live}`,
    );
}
