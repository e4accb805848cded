import { type RawBuilder, sql } from 'kysely';
import { instantOfLocal, type LocalTime } from '../dates/zones.ts';
import { type Cte, type CteTemplate, param } from '../db/statements.ts';
import { type References, type RemindedTask, referencesOf } from './rules.ts';

/**
 * Writes of tasks set the times of their reminders anew, in the same statement: new revisions, but no new versions. The
 * process makes the instants that reminders are counted from; the rule on them is that of `nextAtOf`.
 */

const userParam = param<string>('user_id');
const revision = sql`(select revision from stamp)`;

/** The rule for `next_at`, in SQL. @param due, start reference instants of `o`, a row of the reminders */
const nextAt = (due: RawBuilder<unknown>, start: RawBuilder<unknown>, isActive: RawBuilder<unknown>) => sql`(
    select case when ${isActive} and (i.instant > stamp.now or i.instant = o.next_at) then i.instant end from (
      select case o.relative_to when 'due' then ${due} - make_interval(mins => o.minutes_before)
        when 'start' then ${start} - make_interval(mins => o.minutes_before) else o.remind_at end as instant
    ) as i
  )`;

/** @param restamped rows `id, next_at` */
const update = (restamped: RawBuilder<unknown>) => sql`restamped_reminders as (
    update duly.reminders as r set next_at = n.next_at, snoozed_until = null, revision = ${revision}
    from (${restamped}) as n
    where r.user_id = ${userParam} and r.id = n.id
      and (r.next_at is distinct from n.next_at or r.snoozed_until is not null)
  )`;

const restampTemplate: CteTemplate = {
  name: 'restamp reminders',
  sql: update(sql`
      select o.id, ${nextAt(sql`w.due`, sql`w.start`, sql`w.is_active`)} as next_at
      from stamp cross join unnest(${param('reminded_tasks')}::uuid[], ${param('due_references')}::timestamptz[],
        ${param('start_references')}::timestamptz[], ${param('active_tasks')}::boolean[]) as w (task_id, due, start, is_active)
      join duly.reminders as o on o.user_id = ${userParam} and o.task_id = w.task_id`),
};

/** A task with reminders, as a write changes it. */
interface RemindedChange {
  before: (RemindedTask & { reminder_count: number }) | undefined;
  after: RemindedTask & { id: string };
}

/** Restamps the reminders of tasks whose instants, completion or location change; nothing for tasks without any. */
export function restampRemindersCtes(
  userId: string,
  changes: readonly RemindedChange[],
  userZone: string,
): Cte[] {
  const moved: { id: string; now: References }[] = [];
  for (const { before, after } of changes) {
    if (before === undefined || before.reminder_count === 0) continue;
    const [old, now] = [referencesOf(before, userZone), referencesOf(after, userZone)];
    const isSame = old.due === now.due && old.start === now.start && old.isActive === now.isActive;
    if (!isSame) moved.push({ id: after.id, now });
  }
  if (moved.length === 0) return [];
  const params = {
    user_id: userId,
    reminded_tasks: moved.map(({ id }) => id),
    due_references: moved.map(({ now }) => now.due),
    start_references: moved.map(({ now }) => now.start),
    active_tasks: moved.map(({ now }) => now.isActive),
  };
  return [{ template: restampTemplate, params }];
}

/** A table of local times and their instants, from the parameters of `localParams`. */
const localInstants = (
  name: string,
) => sql`unnest(${param('local_dates')}::date[], ${param('local_times')}::text[],
    ${param('local_instants')}::timestamptz[]) as ${sql.id(name)} (date, time, instant)`;

/** The parameters of `localInstants`. An empty text stands for no time: hash joins take no nulls. */
export const localParams = (times: readonly LocalTime[], zone: string) => ({
  local_dates: times.map(([date]) => date),
  local_times: times.map(([, time]) => time ?? ''),
  local_instants: times.map((time) => instantOfLocal(time, zone)),
});

const localTimesOf = (from: RawBuilder<unknown>) => sql<LocalTime[]>`(
    select coalesce(json_agg(json_build_array(l.date, l.time)), '[]') from (${from}) as l
  )`;

/** @param tasks a condition of `duly.tasks as t`, all of which have a location that changes */
export const wholeDaysOf = (tasks: RawBuilder<unknown>) =>
  localTimesOf(sql`
      select t.due_date as date, null as time from duly.tasks as t
      where ${tasks} and t.reminder_count > 0 and t.due_date is not null and t.due_at is null
      union select t.start_date, null from duly.tasks as t
      where ${tasks} and t.reminder_count > 0 and t.start_date is not null`);

/** Restamps the reminders of restored tasks. @param tasks the condition of `wholeDaysOf` */
export const restoredRemindersCte = (tasks: RawBuilder<unknown>) =>
  update(sql`
      select o.id, ${nextAt(sql`coalesce(t.due_at, dues.instant)`, sql`starts.instant`, sql`t.completed_at is null`)} as next_at
      from stamp cross join duly.tasks as t
      join duly.reminders as o on o.user_id = ${userParam} and o.task_id = t.id
      left join ${localInstants('dues')} on dues.date = t.due_date
      left join ${localInstants('starts')} on starts.date = t.start_date
      where ${tasks} and t.reminder_count > 0`);

/** Stops the reminders of tasks that move to the trash. @param tasks a condition of `duly.tasks as t` */
export const trashedRemindersCte = (tasks: RawBuilder<unknown>) =>
  update(sql`
      select o.id, null::timestamptz as next_at from duly.tasks as t
      join duly.reminders as o on o.user_id = ${userParam} and o.task_id = t.id
      where ${tasks} and t.reminder_count > 0`);

/** CTEs with tombstones of the reminders that go with purged tasks. @param tasks the CTE with their ids */
export const purgedRemindersCte = (tasks: string) => sql`${sql.id(`${tasks}_reminders`)} as (
    insert into duly.tombstones (user_id, type, id, revision)
    select ${userParam}, 'reminder', r.id::text, ${revision} from ${sql.id(tasks)} as p
    join duly.reminders as r on r.user_id = ${userParam} and r.task_id = p.id
  )`;

/** Only reminders of such tasks are sent. */
const activeTasks = sql`t.user_id = ${userParam} and t.reminder_count > 0 and t.deleted_at is null and t.completed_at is null`;

/** JSON: the local times that reminders are counted from, and whose instants depend on the zone of the profile. */
export const floatingReferences = localTimesOf(sql`
      select t.due_date as date, t.due_time as time from duly.tasks as t
      where ${activeTasks} and t.due_date is not null and t.time_zone is null
      union select t.start_date, null from duly.tasks as t where ${activeTasks} and t.start_date is not null`);

/** Restamps the reminders that move with the zone of the profile. @param times what `floatingReferences` gives */
export function rezoneRemindersCtes(
  userId: string,
  times: readonly LocalTime[],
  zones: { before: string; after: string },
): Cte[] {
  const moved = times.filter(
    (time) => instantOfLocal(time, zones.before) !== instantOfLocal(time, zones.after),
  );
  if (moved.length === 0) return [];
  return [{ template: rezoneTemplate, params: { user_id: userId, ...localParams(moved, zones.after) } }];
}

const rezoneTemplate: CteTemplate = {
  name: 'rezone reminders',
  sql: update(sql`
      select o.id, ${nextAt(sql`l.instant`, sql`l.instant`, sql`true`)} as next_at
      from stamp cross join duly.tasks as t
      join duly.reminders as o on o.user_id = ${userParam} and o.task_id = t.id
      join ${localInstants('l')} on l.date = case o.relative_to when 'due' then t.due_date when 'start' then t.start_date end
        and l.time = case o.relative_to when 'due' then coalesce(t.due_time, '') else '' end
      where ${activeTasks} and (o.relative_to = 'start' or t.time_zone is null)`),
};
