import { createDayFilter, type DayFilter } from './day-filter.ts';
import { type CalendarDate, calendarDateOf, dayOf, daysInMonth, startOfWeek, toDate, toDay } from './days.ts';
import { type Frequency, type RecurrenceRule, RuleError } from './recurrence-rule.ts';
import { dateIn, instantOf } from './zones.ts';

const lastDay = toDay('2100-12-31');

/** So many days may be looked at without a date: 82 years of days. Each takes less than a microsecond. */
export const maxDaysLookedAt = 30_000;

/** What the search has cost. A month that BYMONTH leaves out counts as one day, as does an empty period. */
export interface SearchCost {
  daysLookedAt: number;
}

/**
 * The dates of the rule after a date, ascending, up to 2100-12-31. COUNT and UNTIL are ignored.
 * @param start the first date of the series: gives INTERVAL its phase, and the rule the weekday, month day or month
 *   that it does not name. No date is before it.
 * @param after YYYY-MM-DD, exclusive. The search begins near it.
 * @param cost is added to
 * @throws RuleError after `maxDaysLookedAt` days without a date
 */
export function* datesAfter(
  rule: RecurrenceRule,
  start: string,
  after: string,
  cost: SearchCost = { daysLookedAt: 0 },
): Generator<string> {
  const startDay = toDay(start);
  const earliest = Math.max(startDay, toDay(after) + 1);
  const filter = createDayFilter(rule, startDay);
  const { indexOf, firstDay } = periodsOf(rule);
  const startIndex = indexOf(startDay);
  const skipped = Math.floor((indexOf(earliest) - startIndex) / rule.interval);
  let spentBefore = cost.daysLookedAt;
  for (let index = startIndex + skipped * rule.interval; firstDay(index) <= lastDay; index += rule.interval) {
    // Positions count from the first day of the period, even if that is too early.
    const first = rule.bySetPos.length > 0 ? firstDay(index) : Math.max(firstDay(index), earliest);
    const days = pickPositions(rule, matchingDays(filter, first, firstDay(index + 1), cost));
    for (const day of days) {
      if (day < earliest) continue;
      if (day > lastDay) return;
      yield toDate(day);
      spentBefore = cost.daysLookedAt;
    }
    if (cost.daysLookedAt - spentBefore > maxDaysLookedAt) throw new RuleError(tooDear);
  }
}

const tooDear = `The rule does not happen, or too rarely: no date among ${maxDaysLookedAt} days.`;

interface Periods {
  /** The number of the period that has the day. */
  indexOf: (day: number) => number;
  firstDay: (index: number) => number;
}

function periodsOf({ frequency, interval, bySetPos, weekStart }: RecurrenceRule): Periods {
  // Every day of every month: this leaves out whole months by BYMONTH.
  const isEveryDay = frequency === 'DAILY' && interval === 1 && bySetPos.length === 0;
  const periods: Record<Frequency, Periods> = {
    DAILY: { indexOf: (day) => day, firstDay: (index) => index },
    WEEKLY: {
      indexOf: (day) => (startOfWeek(day, weekStart) - startOfWeek(0, weekStart)) / 7,
      firstDay: (index) => startOfWeek(0, weekStart) + index * 7,
    },
    MONTHLY: {
      indexOf: (day) => monthIndexOf(calendarDateOf(day)),
      firstDay: (index) => dayOf(Math.floor(index / 12), (index % 12) + 1, 1),
    },
    YEARLY: { indexOf: (day) => calendarDateOf(day).year, firstDay: (year) => dayOf(year, 1, 1) },
  };
  return periods[isEveryDay ? 'MONTHLY' : frequency];
}

const monthIndexOf = ({ year, month }: CalendarDate): number => year * 12 + month - 1;

function matchingDays(filter: DayFilter, first: number, end: number, cost: SearchCost): number[] {
  const found: number[] = [];
  if (first >= end) cost.daysLookedAt += 1;
  const date = calendarDateOf(first);
  for (let day = first; day < end; ) {
    const daysLeft = daysInMonth(date.year, date.month) - date.monthDay + 1;
    const endOfMonth = Math.min(end, day + daysLeft);
    cost.daysLookedAt += 1;
    if (filter.hasMonth(date.month)) {
      cost.daysLookedAt += endOfMonth - day - 1;
      for (; day < endOfMonth; day += 1, date.monthDay += 1) if (filter.hasDay(day, date)) found.push(day);
    }
    day = endOfMonth;
    date.monthDay = 1;
    date.year += date.month === 12 ? 1 : 0;
    date.month = (date.month % 12) + 1;
  }
  return found;
}

/** BYSETPOS: which of the dates of a period, from the end if negative. */
function pickPositions({ bySetPos }: RecurrenceRule, days: number[]): number[] {
  if (bySetPos.length === 0) return days;
  const picked = bySetPos.flatMap((position) => days.at(position > 0 ? position - 1 : position) ?? []);
  return [...new Set(picked)].sort((a, b) => a - b);
}

/**
 * Refuses a rule that has no date after its start, or whose search costs too much.
 * @throws RuleError
 */
export function checkRule(rule: RecurrenceRule, start: string, cost?: SearchCost): void {
  const { done } = datesAfter(rule, start, start, cost).next();
  if (done === true) throw new RuleError(`The rule has no date after ${start} and before 2101.`);
}

/**
 * Whether an occurrence is later than UNTIL. UNTIL as a date includes all of that day, UNTIL as a time an occurrence
 * at that time. One without a time counts from the start of its day.
 * @param time HH:MM
 * @param zone that the date and time are local to
 */
export function isPastUntil(
  { until }: RecurrenceRule,
  date: string,
  time: string | null,
  zone: string,
): boolean {
  if (until === null) return false;
  if (until.kind === 'instant')
    return time === null
      ? date > dateIn(zone, new Date(until.instant))
      : instantOf(date, time, zone) > until.instant;
  if (until.kind === 'date' || time === null) return date > until.date;
  return `${date}T${time}:00` > `${until.date}T${until.time}`;
}
