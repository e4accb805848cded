import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { toDate, toDay } from '../dates/days.ts';
import { dateIn, startOfDay } from '../dates/zones.ts';
import { isoText } from '../db/columns.ts';
import { param } from '../db/statements.ts';
import type { ListParameters } from './list-model.ts';
import type { UserClock } from './user-zones.ts';

/**
 * Filters that depend on the clock. This process computes the days and instants that tasks are compared with, in the
 * user's zone: the database may have other time zone data.
 */

type DueFilter = Pick<ListParameters, 'due' | 'deferred'>;

/** Whether the list changes with time: it is another one after some instant, without a write. */
export const isClockDependent = ({ due, deferred }: DueFilter): boolean =>
  isByClock(due) || deferred === 'hide' || deferred === 'only';

/** Whether a value of `due` depends on the clock. Lists by such a value are short. */
export const isByClock = (due: DueFilter['due']) => due !== undefined && due !== 'none' && due !== 'any';

/** All that `dueConditions` depends on. */
export const dueShape = ({ due, deferred }: DueFilter): string =>
  [due && due in spans ? 'span' : due, deferred].join();

/** Days from today: the first and the last. */
const spans = { today: [0, 0], tomorrow: [1, 1], week: [0, 6] } as const;
const isSpan = (due: DueFilter['due']): due is keyof typeof spans => due !== undefined && due in spans;

/**
 * The date of a due value in its own zone is at most this far from the date in the user's: two days by the offsets, and
 * one for a day that a zone left out.
 */
export const marginDays = 3;

/** The parameters of `dueConditions` and `nextDueAt`. */
export function dueParams(filter: DueFilter, { zone, now }: UserClock) {
  if (!isClockDependent(filter)) return {};
  const today = toDay(dateIn(zone, now));
  const [first, last] = isSpan(filter.due) ? spans[filter.due] : [0, 0];
  const startOf = (day: number) => startOfDay(toDate(day), zone);
  return {
    due_today: toDate(today),
    due_now: now.toISOString(),
    due_first: toDate(today + first),
    due_last: toDate(today + last),
    due_from: startOf(today + first),
    due_to: startOf(today + last + 1),
    due_lowest: toDate(today + first - marginDays),
    due_highest: toDate(today + last + marginDays),
  };
}

const [isWholeDay, date, instant] = [
  sql`t.due_at is null`,
  (name: string) => sql`${param(name)}::date`,
  (name: string) => sql`${param(name)}::timestamptz`,
];

/** The conditions on `due_date` alone follow from the others: an index has it. */
const dueConditionsByWord = {
  overdue: [
    sql<SqlBool>`t.completed_at is null`,
    sql<SqlBool>`t.due_date <= ${date('due_highest')}`,
    sql<SqlBool>`(t.due_at <= ${instant('due_now')} or ${isWholeDay} and t.due_date < ${date('due_today')})`,
  ],
  span: [
    sql<SqlBool>`t.due_date between ${date('due_lowest')} and ${date('due_highest')}`,
    sql<SqlBool>`(t.due_at >= ${instant('due_from')} and t.due_at < ${instant('due_to')}
      or ${isWholeDay} and t.due_date between ${date('due_first')} and ${date('due_last')})`,
  ],
  none: [sql<SqlBool>`t.due_date is null`],
  any: [sql<SqlBool>`t.due_date is not null`],
};

const deferredConditions = {
  all: [],
  hide: [sql<SqlBool>`(t.start_date is null or t.start_date <= ${date('due_today')})`],
  only: [sql<SqlBool>`t.start_date > ${date('due_today')}`],
};

export const dueConditions = ({ due, deferred = 'all' }: DueFilter): readonly RawBuilder<SqlBool>[] => [
  ...(due === undefined ? [] : dueConditionsByWord[isSpan(due) ? 'span' : due]),
  ...deferredConditions[deferred],
];

/** Parts of the list of overdue tasks: those that stay in it until a write, and those that the clock may bring. */
export const overdueParts = {
  inChunks: sql<SqlBool>`t.due_date < ${date('due_lowest')}`,
  others: sql<SqlBool>`t.due_date between ${date('due_lowest')} and ${date('due_highest')}`,
};

/** The next instant of today at which a pending task of the user becomes overdue, ISO 8601. */
export const nextDueAt = sql<string | null>`(
    select ${isoText(sql`min(o.due_at)`)} from duly.tasks as o
    where o.user_id = ${param('user_id')} and o.deleted_at is null and o.completed_at is null
      and o.due_date between ${date('due_lowest')} and ${date('due_highest')}
      and o.due_at > ${instant('due_now')} and o.due_at < ${instant('due_to')}
  )`;

/**
 * When the list may be another one: at the next midnight of the user, or when a task becomes overdue. Null: never.
 * @param nextDue what `nextDueAt` gives
 */
export function validUntilOf(
  filter: DueFilter,
  { zone, now }: UserClock,
  nextDue: string | null,
): number | null {
  if (!isClockDependent(filter)) return null;
  const midnight = startOfDay(toDate(toDay(dateIn(zone, now)) + 1), zone);
  return Date.parse(nextDue ?? midnight);
}
