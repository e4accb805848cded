import { dateOfWeekdayAt, dayAndMonthAt, dayOfMonthAt } from './calendar-dates.ts';
import { addDays, addMonths, parseDay, weekdayOf } from './days.ts';
import type { Match } from './model.ts';
import { countOf, isBlocked, ordinalOf } from './numbers.ts';
import { timeAt } from './times.ts';
import type { Words } from './tokens.ts';
import { doubtfulWeekdays, joiners, units, weekdays } from './vocabulary.ts';

/** What a date is for: the task itself, the beginning of the repeat before it (`from friday`), or that repeat's end. */
export type DateRole = 'due' | 'beginning' | 'end';

/** A date that starts at a token, with its preposition. Null as value: a date that is not clear. */
export function dateAt(
  words: Words,
  first: number,
  today: number,
  role: DateRole = 'due',
): Match<number> | null {
  const found = onePhrase(words, first, today, role === 'beginning');
  if (found === null) return null;
  const last = endOfChain(words, found.last, today);
  // The word before an end is its own `until`.
  const isBound = role !== 'end' && (isBlocked(words, first) || isNthWeekday(words, first));
  const isClear = last === found.last && !isBound;
  return isClear ? found : { last, value: null };
}

/** `the 2nd friday`. */
const isNthWeekday = (words: Words, first: number) =>
  weekdays.has(words.word(first)) && words.after(first - 1) > 0 && ordinalOf(words.word(first - 1)) !== null;

/**
 * Follows `friday or saturday`, `friday, saturday`, `friday in 2 weeks` and `friday week` to their ends: together they
 * are not one day.
 */
function endOfChain(words: Words, start: number, today: number): number {
  for (let last = start; ; ) {
    const next = words.after(last);
    if (words.word(next) === 'week') return next;
    const isJoined = joiners.has(words.word(next));
    // Of `in 2 weeks`, the last word is a unit.
    const isRelative = words.word(next) === 'in' || units.has(words.word(last));
    let following = -1;
    if (isJoined) following = words.after(next);
    else if (words.hasComma(last)) following = words.after(last, ',');
    else if (isRelative) following = next;
    const found = following < 0 ? null : onePhrase(words, following, today, false, true);
    if (found === null) return last;
    last = found.last;
  }
}

function onePhrase(
  words: Words,
  first: number,
  today: number,
  hasFrom: boolean,
  isListed = false,
): Match<number> | null {
  const body = afterPreposition(words, first, hasFrom);
  const isPrefixed = body !== first || isListed;
  return (
    namedDayAt(words, body, today) ??
    weekdayAt(words, body, today, isPrefixed) ??
    nextWeekAt(words, body, today) ??
    inDaysAt(words, body, today) ??
    isoDateAt(words, body) ??
    dayAndMonthAt(words, body, today) ??
    dayOfMonthAt(words, body, today)
  );
}

/** `due`, `on`, `by`, `due on`, `due by`, `starting`, `starting on`, and with `hasFrom`, `from`. */
function afterPreposition(words: Words, first: number, hasFrom: boolean): number {
  const word = words.word(first);
  let at = first;
  if (word === 'due' || word === 'starting' || (hasFrom && word === 'from')) at = words.after(first);
  const second = words.word(at);
  return second === 'on' || (second === 'by' && word !== 'starting') ? words.after(at) : at;
}

const dayAfterTomorrow = ['day', 'after', 'tomorrow'];

function namedDayAt(words: Words, first: number, today: number): Match<number> | null {
  const word = words.word(first);
  if (word === 'today' || word === 'tonight') return { last: first, value: today };
  if (word === 'tomorrow') return { last: first, value: addDays(today, 1) };
  let last = word === 'the' ? words.after(first) : first;
  for (const [index, wanted] of dayAfterTomorrow.entries()) {
    if (index > 0) last = words.after(last);
    if (words.word(last) !== wanted) return null;
  }
  return { last, value: addDays(today, 2) };
}

const mondayOf = (today: number) => today - weekdayOf(today);

/** `friday`, `this friday`, `next friday`, `friday next week`, `friday 24 december`. */
function weekdayAt(words: Words, first: number, today: number, isPrefixed: boolean): Match<number> | null {
  const which = words.word(first);
  const isQualified = which === 'next' || which === 'this';
  const at = isQualified ? words.after(first) : first;
  const name = words.word(at);
  const weekday = weekdays.get(name);
  if (weekday === undefined) return null;
  if (isQualified) return { last: at, value: dayInWeek(which, weekday, today) };
  const next = words.after(at);
  const date = dateOfWeekdayAt(words, words.after(at, ','), weekday, today);
  if (date !== null) return date;
  const qualifier = words.word(next);
  if ((qualifier === 'next' || qualifier === 'this') && words.word(words.after(next)) === 'week') {
    return { last: words.after(next), value: dayInWeek(qualifier, weekday, today) };
  }
  if (doubtfulWeekdays.has(name) && !isPrefixed && !isBeforeTime(words, next)) return null;
  // Today is called today: on a Friday, `friday` is in a week.
  const distance = (weekday - weekdayOf(today) + 7) % 7 || 7;
  return { last: at, value: addDays(today, distance) };
}

/** `sun 5pm`, `sun at noon`. */
const isBeforeTime = (words: Words, next: number) => next > 0 && timeAt(words, next) !== null;

/** `next week friday`, `next week on friday`. */
function nextWeekAt(words: Words, first: number, today: number): Match<number> | null {
  const which = words.word(first);
  const week = words.after(first);
  if ((which !== 'next' && which !== 'this') || words.word(week) !== 'week') return null;
  const next = words.after(week);
  const last = words.word(next) === 'on' ? words.after(next) : next;
  const weekday = weekdays.get(words.word(last));
  return weekday === undefined ? null : { last, value: dayInWeek(which, weekday, today) };
}

/** Weeks begin on Monday. A day of this week that is over is no date: null. */
function dayInWeek(which: 'next' | 'this', weekday: number, today: number): number | null {
  const day = addDays(mondayOf(today) + (which === 'next' ? 7 : 0), weekday);
  return day === null || day < today ? null : day;
}

/** `in 3 days`, `in a week`, `in two months`. */
function inDaysAt(words: Words, first: number, today: number): Match<number> | null {
  if (words.word(first) !== 'in') return null;
  const at = words.after(first);
  const count = countOf(words.word(at));
  const last = words.after(at);
  const unit = units.get(words.word(last));
  if (count === null || unit === undefined) return null;
  if (unit === 'DAILY') return { last, value: addDays(today, count) };
  if (unit === 'WEEKLY') return { last, value: addDays(today, count * 7) };
  return { last, value: addMonths(today, unit === 'MONTHLY' ? count : count * 12) };
}

function isoDateAt(words: Words, first: number): Match<number> | null {
  const word = words.word(first);
  if (word.length !== 10 || !/^\d{4}-\d\d-\d\d$/.test(word)) return null;
  return { last: first, value: parseDay(word) };
}
