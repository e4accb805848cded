import { sql } from 'kysely';
import { toDate, toDay } from '../dates/days.ts';
import { dateIn, startOfDay } from '../dates/zones.ts';
import { isoText } from '../db/columns.ts';
import type { Db } from '../db/schema.ts';
import { compileOnce, executeQuery, param, query } from '../db/statements.ts';
import { dueConditions, dueParams } from '../tasks/due-filters.ts';
import { placementConditions } from '../tasks/placement-filters.ts';
import { sorts } from '../tasks/sort-orders.ts';
import { inDatabaseZone, type UserClock } from '../tasks/user-zones.ts';
import { mayGetMail } from './schedule.ts';

/** Whose digest it is. */
export interface DigestReader {
  email: string;
  locale: string;
  time_zone: string;
  digest_hour: number;
}

/** @returns null for a user who gets no digest: it is off, or the account has no verified address or is banned. */
export const findDigestReader = (db: Db, userId: string): Promise<DigestReader | null> =>
  executeQuery(
    db,
    query('digest reader', readerSql, { user_id: userId }, ([row]) => row ?? null),
  );

const readerSql = sql<DigestReader>`
  select (select email from better_auth."user" where id = ${param('user_id')}) as email, p.locale, p.time_zone,
    p.digest_hour
  from duly.profiles as p
  where p.user_id = ${param('user_id')} and p.digest_hour is not null and ${mayGetMail}`;

/** Days after today that the digest has. */
export const nextDayCount = 7;
/** Tasks that the digest names in each part. */
export const maxTasks = 20;

export interface DigestTask {
  part: 'overdue' | 'today' | 'next';
  /** How many tasks the part has, named or not. */
  total: number;
  title: string;
  priority: string;
  /** YYYY-MM-DD */
  due_date: string;
  /** ISO 8601; null for a whole day. */
  due_at: string | null;
  repeats: boolean;
  project_name: string | null;
}

/**
 * Pending tasks as the views `overdue`, `today` and `upcoming` have them: without those that start later, and without
 * those of archived projects. Each is in one part, and a repeating one is there once, at its current occurrence.
 */
export const findDigestTasks = (db: Db, userId: string, clock: UserClock): Promise<DigestTask[]> =>
  inDatabaseZone(clock, (database_zone) =>
    digestStatement(db, {
      user_id: userId,
      database_zone,
      max_tasks: maxTasks,
      ...dueParams({ due: 'today', deferred: 'hide' }, clock),
      ...nextDaysParams(clock),
    }),
  );

function nextDaysParams({ zone, now }: UserClock) {
  const last = toDay(dateIn(zone, now)) + nextDayCount;
  // As of `dueParams`: the date of a task in its own zone may be another one.
  return {
    next_last: toDate(last),
    next_to: startOfDay(toDate(last + 1), zone),
    next_highest: toDate(last + 3),
  };
}

const allOf = (conditions: ReturnType<typeof dueConditions>) => sql`(${sql.join(conditions, sql` and `)})`;

const isBeforeEnd = sql`t.due_date <= ${param('next_highest')}::date
  and (t.due_at < ${param('next_to')}::timestamptz or t.due_at is null and t.due_date <= ${param('next_last')}::date)`;

const digestStatement = compileOnce<DigestTask>((db) =>
  sql<DigestTask>`
    select part, total, title, priority, due_date, due_at, repeats, project_name from (
      select d.*, count(*) over (partition by part)::integer as total,
        row_number() over (partition by part order by instant, priority, id) as number
      from (
        select t.id, t.title, t.priority, t.due_date, ${isoText(sql`t.due_at`)} as due_at,
          t.recurrence is not null as repeats, p.name as project_name, ${sorts.due_date.key} as instant,
          case when ${allOf(dueConditions({ due: 'overdue' }))} then 'overdue'
            when ${allOf(dueConditions({ due: 'today' }))} then 'today' else 'next' end as part
        from duly.tasks as t left join duly.projects as p on p.user_id = ${param('user_id')} and p.id = t.project_id
        where t.user_id = ${param('user_id')} and t.deleted_at is null and t.completed_at is null
          and ${isBeforeEnd}
          and ${allOf([...dueConditions({ deferred: 'hide' }), ...placementConditions({ archived: 'hide' })])}
      ) as d
    ) as n
    where number <= ${param('max_tasks')}
    order by case part when 'overdue' then 1 when 'today' then 2 else 3 end, number`.compile(db),
);
