import { calendarDateOf, daysInMonth, toDate, toDay, weekdayOf } from './days.ts';
import { datesAfter } from './recurrence-dates.ts';
import {
  parseRule,
  type RecurrenceRule,
  RuleError,
  type WeekdayEntry,
  weekdayNames,
} from './recurrence-rule.ts';

/** New values by the name of the part; null when the rule cannot be adapted. */
type Replacements = Record<string, string> | null;

interface Move {
  /** Day numbers. */
  from: number;
  to: number;
}

/**
 * The rule after all its following dates were moved along with one of them.
 * @param text a rule that `parseRule` accepts
 * @param from the date that was moved, of the rule or not
 * @param to where it was moved
 * @returns null when no small change of the rule says it, as for several month days or BYSETPOS
 */
export function adaptRule(text: string, from: string, to: string): string | null {
  const rule = parseRule(text);
  if (from === to) return text;
  const replacements = replacementsFor(rule, { from: toDay(from), to: toDay(to) });
  if (replacements === null) return null;
  const adapted = replaceParts(text, replacements);
  return hasDate(parseRule(adapted), to) ? adapted : null;
}

function replacementsFor(rule: RecurrenceRule, move: Move): Replacements {
  const { byMonth, byWeekNo, byYearDay, byMonthDay, byDay, bySetPos } = rule;
  const has = (list: readonly unknown[]): boolean => list.length > 0;
  if (![byMonth, byWeekNo, byYearDay, byMonthDay, byDay].some(has)) return {};
  if (has(byWeekNo) || has(byYearDay) || has(bySetPos)) return null;
  if (rule.frequency === 'WEEKLY') return has(byDay) ? shiftWeekdays(rule, move) : {};
  // A daily rule with limits stays, if they allow the new date.
  if (rule.frequency === 'DAILY') return {};
  if ((has(byMonthDay) && has(byDay)) || byMonthDay.length > 1 || byDay.length > 1) return null;
  const [monthDay] = byMonthDay;
  const [weekday] = byDay;
  const month = byMonth.length === 1 ? { BYMONTH: String(calendarDateOf(move.to).month) } : {};
  if (monthDay !== undefined) return { ...month, BYMONTHDAY: adaptMonthDay(monthDay, move.to) };
  if (weekday === undefined) return month;
  const isOfMonth = rule.frequency === 'MONTHLY' || has(byMonth);
  return isOfMonth && weekday.ordinal !== null ? { ...month, BYDAY: adaptWeekday(weekday, move.to) } : null;
}

/** WKST moves along: with INTERVAL it says which of several weekdays are in one week. */
function shiftWeekdays({ byDay, interval, weekStart }: RecurrenceRule, { from, to }: Move): Replacements {
  const shift = (weekday: number): string => weekdayNames[(((weekday + to - from) % 7) + 7) % 7] ?? '';
  const shifted = { BYDAY: byDay.map(({ weekday }) => shift(weekday)).join(',') };
  return interval > 1 && byDay.length > 1 ? { ...shifted, WKST: shift(weekStart) } : shifted;
}

/** Counts from the end as before, as long as the date is among the last seven days of its month. */
function adaptMonthDay(monthDay: number, to: number): string {
  const { year, month, monthDay: day } = calendarDateOf(to);
  const fromEnd = day - daysInMonth(year, month) - 1;
  return String(monthDay < 0 && fromEnd >= -7 ? fromEnd : day);
}

/** The fifth one from either end becomes the last or first, since not every month has five. */
function adaptWeekday({ ordinal }: WeekdayEntry, to: number): string {
  const { year, month, monthDay } = calendarDateOf(to);
  const isFromEnd = (ordinal ?? 1) < 0;
  const index = isFromEnd ? daysInMonth(year, month) - monthDay : monthDay - 1;
  const position = Math.floor(index / 7) + 1;
  const sign = isFromEnd === position < 5 ? '-' : '';
  return `${sign}${position < 5 ? position : 1}${weekdayNames[weekdayOf(to)] ?? ''}`;
}

/** Keeps the other parts as they were sent. */
function replaceParts(text: string, replacements: Record<string, string>): string {
  const left = new Map(Object.entries(replacements));
  const parts = text
    .replace(/;$/, '')
    .split(';')
    .map((part) => {
      const name = part.slice(0, part.indexOf('=')).toUpperCase();
      const value = left.get(name);
      left.delete(name);
      return value === undefined ? part : `${name}=${value}`;
    });
  return [...parts, ...[...left].map(([name, value]) => `${name}=${value}`)].join(';');
}

/** Whether a series of the rule can begin on the date. */
function hasDate(rule: RecurrenceRule, date: string): boolean {
  const dayBefore = toDate(toDay(date) - 1);
  try {
    return datesAfter(rule, date, dayBefore).next().value === date;
  } catch (error) {
    if (error instanceof RuleError) return false;
    throw error;
  }
}
