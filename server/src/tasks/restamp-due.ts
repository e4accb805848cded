import { sql } from 'kysely';
import { type Cte, type CteTemplate, param } from '../db/statements.ts';
import { taskStampColumns } from '../writes/stamp-columns.ts';
import { dueAtOf } from './due.ts';

/** Tasks whose instant depends on the zone of the profile: those with a time without a zone, live or in the trash. */

/** A local time of floating tasks. */
type LocalTime = [date: string, time: string];

const floating = sql`t.user_id = ${param('user_id')} and t.due_time is not null and t.time_zone is null`;

/** JSON: each local time of the user's floating tasks once. */
export const floatingTimes = sql<LocalTime[]>`(
    select coalesce(json_agg(json_build_array(d.due_date, d.due_time)), '[]')
    from (select distinct t.due_date, t.due_time from duly.tasks as t where ${floating}) as d
  )`;

/** Gives floating tasks their instants in another zone, in one statement for any number of tasks. */
export function restampDueCte(
  userId: string,
  times: readonly LocalTime[],
  timeZone: string,
  versionFloor: number,
): Cte {
  const instants = times.map(([due_date, due_time]) =>
    dueAtOf({ due_date, due_time, time_zone: null }, timeZone),
  );
  return {
    template: restampTemplate,
    params: {
      user_id: userId,
      due_dates: times.map(([date]) => date),
      due_times: times.map(([, time]) => time),
      due_instants: instants,
      version_floor: versionFloor,
    },
  };
}

/** A task whose instant stays is no change. */
const restampTemplate: CteTemplate = {
  name: 'due instants',
  sql: sql`restamped_tasks as (
      update duly.tasks as t set due_at = d.due_at, ${taskStampColumns}
      from unnest(${param('due_dates')}::date[], ${param('due_times')}::text[], ${param('due_instants')}::timestamptz[])
        as d (due_date, due_time, due_at)
      where ${floating} and t.due_date = d.due_date and t.due_time = d.due_time and t.due_at is distinct from d.due_at
    )`,
};
