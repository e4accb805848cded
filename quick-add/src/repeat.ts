import { addDays, formatDay, monthLength, nextDate, nextMonthDay, partsOf, weekdayOf } from './days.ts';
import type { Frequency } from './vocabulary.ts';

/** A rule of RFC 5545 §3.3.10, as far as sentences can say it. */
export interface Repeat {
  frequency: Frequency;
  interval: number;
  /** 0 (Monday) to 6 (Sunday), ascending. */
  weekdays?: number[];
  /** Of the one weekday in its month; -1 is the last. */
  ordinal?: number;
  /** 1 to 31 ascending, or -1 for the last. */
  monthDays?: number[];
  /** With `monthDays`: the one day of a year. */
  month?: number;
  /** The last day on which it may happen. */
  until?: number;
}

const dayCodes = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'];

export function ruleText(repeat: Repeat): string {
  const { frequency, interval, weekdays, ordinal, monthDays, month, until } = repeat;
  const parts: [string, string | number | undefined][] = [
    ['FREQ', frequency],
    ['INTERVAL', interval === 1 ? undefined : interval],
    ['BYMONTH', month],
    ['BYMONTHDAY', monthDays?.join()],
    ['BYDAY', weekdays?.map((day) => `${ordinal ?? ''}${dayCodes[day]}`).join()],
    ['UNTIL', until === undefined ? undefined : formatDay(until).replaceAll('-', '')],
  ];
  return parts.flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`])).join(';');
}

/** The first day of the rule from `from` on, as if it began there; null if it has none. */
export function firstDay(repeat: Repeat, from: number): number | null {
  const day = firstDayWithoutEnd(repeat, from);
  return day !== null && repeat.until !== undefined && day > repeat.until ? null : day;
}

function firstDayWithoutEnd({ weekdays, ordinal, monthDays, month }: Repeat, from: number): number | null {
  if (monthDays !== undefined) {
    const days = monthDays.map((date) => {
      if (month !== undefined) return nextMonthDay(from, month, date);
      return date === -1 ? lastOfMonth(from) : nextDate(from, date);
    });
    return days.reduce((one, other) =>
      one !== null && other !== null ? Math.min(one, other) : (one ?? other),
    );
  }
  if (weekdays === undefined) return from;
  for (let day = from; day < from + maxGap; day++) {
    const isWanted = weekdays.includes(weekdayOf(day)) && (ordinal === undefined || isNth(day, ordinal));
    if (isWanted) return addDays(day, 0);
  }
  return null;
}

/** Days between two fifth Fridays, at most. */
const maxGap = 120;

function lastOfMonth(day: number): number {
  const { year, month, date } = partsOf(day);
  return day - date + monthLength(year, month);
}

/** Whether a day is the nth of its weekday in its month. */
function isNth(day: number, ordinal: number): boolean {
  const { year, month, date } = partsOf(day);
  return ordinal === -1 ? date + 7 > monthLength(year, month) : Math.ceil(date / 7) === ordinal;
}

/** The first day of a rule whose time is still to come. */
export function firstDayAfterNow(repeat: Repeat, today: number, isTimeOver: boolean): number | null {
  const first = firstDay(repeat, today);
  const tomorrow = addDays(today, 1);
  if (first !== today || !isTimeOver || tomorrow === null) return first;
  // The rule's end may be today.
  return firstDay(repeat, tomorrow) ?? first;
}
