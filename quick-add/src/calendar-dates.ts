import { dayOf, monthLength, nextDate, nextMonthDay, weekdayOf } from './days.ts';
import type { Match } from './model.ts';
import { isJoinedNumber, ordinalOf, standsAlone } from './numbers.ts';
import type { Words } from './tokens.ts';
import { months } from './vocabulary.ts';

/** A day and a month, which exist together in some year. */
interface MonthDay {
  month: number;
  date: number;
}

/** In a leap year. */
const exists = ({ month, date }: MonthDay) => date >= 1 && date <= monthLength(2000, month);

const skipThe = (words: Words, at: number) => (words.word(at) === 'the' ? words.after(at) : at);

/** `24 december`, `24th of december`, `the 24th of december`. */
function dayMonthAt(words: Words, first: number): Match<MonthDay> | null {
  const at = skipThe(words, first);
  const word = words.word(at);
  const date = ordinalOf(word) ?? (/^\d{1,2}$/.test(word) && at === first ? Number(word) : null);
  if (date === null) return null;
  const next = words.after(at);
  const last = words.word(next) === 'of' ? words.after(next) : next;
  const month = months.get(words.word(last));
  if (month === undefined) return null;
  return { last, value: exists({ month, date }) ? { month, date } : null };
}

/** `december 24`, `dec 24th`, `december the 24th`. */
function dateAfterMonthAt(words: Words, first: number): Match<MonthDay> | null {
  const month = months.get(words.word(first));
  if (month === undefined) return null;
  const last = skipThe(words, words.after(first));
  const word = words.word(last);
  const date = ordinalOf(word) ?? (/^\d{1,2}$/.test(word) ? Number(word) : null);
  if (date === null) return null;
  const isOneOfMany = isJoinedNumber(words, words.after(last));
  return { last, value: exists({ month, date }) && !isOneOfMany ? { month, date } : null };
}

/** A day and a month in any order, and whatever number follows as if it were a year. */
export function monthDayAt(words: Words, first: number): Match<MonthDay & { year: number | null }> | null {
  const found = dayMonthAt(words, first) ?? dateAfterMonthAt(words, first);
  if (found === null) return null;
  const { last, value } = found;
  const [next, nextOrComma] = [words.after(last), words.after(last, ',')];
  const year = yearOf(words.word(nextOrComma));
  if (year !== null) return { last: nextOrComma, value: value && { ...value, year } };
  if (!/^\d+$/.test(words.word(next)) || /^[ap]\.?m$|^noon$/.test(words.word(words.after(next)))) {
    return { last, value: value && { ...value, year: null } };
  }
  // `24 december 1066` is no year that a task can have, and `24 december 27` may be one.
  return { last: next, value: null };
}

const yearOf = (word: string): number | null => {
  const isYear = /^\d{4}$/.test(word) && dayOf(Number(word), 1, 1) !== null;
  return isYear ? Number(word) : null;
};

/** A day and a month: in the year that is said, or the next time from today on. */
export function dayAndMonthAt(words: Words, first: number, today: number): Match<number> | null {
  const found = monthDayAt(words, first);
  if (found?.value == null) return found && { last: found.last, value: null };
  const { year, month, date } = found.value;
  const day = year !== null ? dayOf(year, month, date) : nextMonthDay(today, month, date);
  return { last: found.last, value: day };
}

/** `24th` or `the 24th`: the next one from today on. */
export function dayOfMonthAt(words: Words, first: number, today: number): Match<number> | null {
  const last = skipThe(words, first);
  const date = ordinalOf(words.word(last));
  if (date === null || !standsAlone(words, last)) return null;
  return { last, value: nextDate(today, date) };
}

/** A date after its weekday, which has to agree with it: `friday, 24 december`. */
export function dateOfWeekdayAt(
  words: Words,
  first: number,
  weekday: number,
  today: number,
): Match<number> | null {
  const found = dayAndMonthAt(words, first, today) ?? dayOfMonthAt(words, first, today);
  if (found === null || found.value === null) return found;
  return weekdayOf(found.value) === weekday ? found : { last: found.last, value: null };
}
