import {
  type CalendarDate,
  calendarDateOf,
  dayOf,
  daysInMonth,
  daysInYear,
  startOfWeek,
  weekdayOf,
} from './days.ts';
import type { RecurrenceRule } from './recurrence-rule.ts';

/**
 * Which days a rule has, by its BY parts alone. Each part is a test of one day. RFC 5545 §3.3.10 expands with some and
 * limits with others, to the same effect: the days of a period that all parts agree on.
 */
export interface DayFilter {
  /** By BYMONTH: false means that no day of the month passes. */
  hasMonth: (month: number) => boolean;
  hasDay: (day: number, date: CalendarDate) => boolean;
}

type DayTest = DayFilter['hasDay'];

/** @param start of which the rule takes the month, month day or weekday that it does not name itself */
export function createDayFilter(rule: RecurrenceRule, start: number): DayFilter {
  const parts = withDefaults(rule, start);
  const months = new Set(parts.byMonth);
  const tests: DayTest[] = [];
  if (parts.byMonthDay.length > 0) tests.push(monthDayTest(new Set(parts.byMonthDay)));
  if (parts.byYearDay.length > 0) tests.push(yearDayTest(new Set(parts.byYearDay)));
  if (parts.byDay.length > 0) tests.push(weekdayTest(parts));
  if (parts.byWeekNo.length > 0) tests.push(weekNumberTest(new Set(parts.byWeekNo), parts.weekStart));
  return {
    hasMonth: (month) => months.size === 0 || months.has(month),
    hasDay: (day, date) => tests.every((test) => test(day, date)),
  };
}

function withDefaults(rule: RecurrenceRule, start: number): RecurrenceRule {
  const named = [rule.byWeekNo, rule.byYearDay, rule.byMonthDay, rule.byDay];
  if (named.some(({ length }) => length > 0)) return rule;
  const { month, monthDay } = calendarDateOf(start);
  if (rule.frequency === 'WEEKLY') return { ...rule, byDay: [{ weekday: weekdayOf(start), ordinal: null }] };
  if (rule.frequency === 'MONTHLY') return { ...rule, byMonthDay: [monthDay] };
  if (rule.frequency === 'DAILY') return rule;
  return { ...rule, byMonth: rule.byMonth.length > 0 ? rule.byMonth : [month], byMonthDay: [monthDay] };
}

const monthDayTest =
  (wanted: Set<number>): DayTest =>
  (_, { year, month, monthDay }) =>
    wanted.has(monthDay) || wanted.has(monthDay - daysInMonth(year, month) - 1);

const yearDayTest =
  (wanted: Set<number>): DayTest =>
  (day, { year }) => {
    const yearDay = day - dayOf(year, 1, 1) + 1;
    return wanted.has(yearDay) || wanted.has(yearDay - daysInYear(year) - 1);
  };

/** Ordinals count within the month, or within the year for YEARLY without BYMONTH. */
function weekdayTest({ frequency, byDay, byMonth }: RecurrenceRule): DayTest {
  const each = new Set(byDay.flatMap(({ weekday, ordinal }) => (ordinal === null ? [weekday] : [])));
  const toKey = (weekday: number, ordinal: number) => ordinal * 7 + weekday;
  const numbered = new Set(
    byDay.flatMap(({ weekday, ordinal }) => (ordinal === null ? [] : [toKey(weekday, ordinal)])),
  );
  if (numbered.size === 0) return (day) => each.has(weekdayOf(day));
  const named = new Set(byDay.map(({ weekday }) => weekday));
  const isOfYear = frequency === 'YEARLY' && byMonth.length === 0;
  return (day, { year, month, monthDay }) => {
    const weekday = weekdayOf(day);
    if (!named.has(weekday)) return false;
    if (each.has(weekday)) return true;
    const index = isOfYear ? day - dayOf(year, 1, 1) : monthDay - 1;
    const last = (isOfYear ? daysInYear(year) : daysInMonth(year, month)) - 1;
    const [fromStart, fromEnd] = [Math.floor(index / 7) + 1, -Math.floor((last - index) / 7) - 1];
    return numbered.has(toKey(weekday, fromStart)) || numbered.has(toKey(weekday, fromEnd));
  };
}

/** A week belongs to the year that has at least four of its days: to that of its fourth day. */
const weekNumberTest =
  (wanted: Set<number>, weekStart: number): DayTest =>
  (day) => {
    const fourth = startOfWeek(day, weekStart) + 3;
    const { year } = calendarDateOf(fourth);
    const week = Math.floor((fourth - dayOf(year, 1, 1)) / 7) + 1;
    const lastFourth = startOfWeek(dayOf(year, 12, 28), weekStart) + 3;
    const weeks = Math.floor((lastFourth - dayOf(year, 1, 1)) / 7) + 1;
    return wanted.has(week) || wanted.has(week - weeks - 1);
  };
