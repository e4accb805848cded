import { monthDayAt } from './calendar-dates.ts';
import { dateAt } from './dates.ts';
import type { Match } from './model.ts';
import { countOf, ordinalOf, standsAlone } from './numbers.ts';
import { firstDay, type Repeat } from './repeat.ts';
import { daysOfMonthAt, weekdaysAt } from './repeat-parts.ts';
import type { Words } from './tokens.ts';
import {
  adverbs,
  type Frequency,
  limits,
  months,
  ordinalWords,
  repeatBlockers,
  repeatCounts,
  units,
} from './vocabulary.ts';

/** A repeat that starts at a token, with its end (`until …`). Null as value: a repeat that is not clear. */
export function repeatAt(words: Words, first: number, today: number): Match<Repeat> | null {
  const found = everyAt(words, first, today) ?? adverbAt(words, first, today) ?? daysOfEveryAt(words, first);
  if (found === null) return null;
  const before = words.after(first - 1) < 0 ? '' : words.word(first - 1);
  const isBlocked = repeatBlockers.has(before) || repeatCounts.has(before);
  const { last, value } = found.value === null ? found : withEnd(words, found.last, found.value, today);
  const isPossible = value !== null && !isBlocked && firstDay(value, today) !== null;
  return { last, value: isPossible ? value : null };
}

const every = new Set(['every', 'each']);
const workdays = [0, 1, 2, 3, 4];

/** What begins with `every` or `each`. */
function everyAt(words: Words, first: number, today: number): Match<Repeat> | null {
  if (!every.has(words.word(first))) return null;
  const at = words.after(first);
  const word = words.word(at);
  const weekly = { frequency: 'WEEKLY', interval: 1 } as const;
  if (word === 'weekday') return { last: at, value: { ...weekly, weekdays: workdays } };
  const days = weekdaysAt(words, at);
  if (days?.value) return { last: days.last, value: { ...weekly, ...days.value } };
  return daysOfTheMonthAt(words, at) ?? monthDayOfYearAt(words, at, 1) ?? unitAt(words, at, today);
}

/** `last friday of the month`, `15th of the month`. */
function daysOfTheMonthAt(words: Words, first: number): Match<Repeat> | null {
  const days = daysOfMonthAt(words, first);
  if (!days?.value) return null;
  const of = words.after(days.last);
  const article = words.after(of);
  const last = words.after(article);
  const isOfMonth =
    words.word(of) === 'of' &&
    (words.word(article) === 'the' || every.has(words.word(article))) &&
    words.word(last) === 'month';
  return isOfMonth ? { last, value: { frequency: 'MONTHLY', interval: 1, ...days.value } } : null;
}

/** `on the 15th of every month`. */
function daysOfEveryAt(words: Words, first: number): Match<Repeat> | null {
  const found = daysOfTheMonthAt(words, words.word(first) === 'on' ? words.after(first) : first);
  return found !== null && every.has(words.word(found.last - 1)) ? found : null;
}

/** `24 december`, `the 24th of december`, `december 24`. A year after it contradicts the repeat. */
function monthDayOfYearAt(words: Words, first: number, interval: number): Match<Repeat> | null {
  const found = monthDayAt(words, first);
  if (found === null) return null;
  const { last, value } = found;
  if (value === null || value.year !== null) return { last, value: null };
  return { last, value: { frequency: 'YEARLY', interval, month: value.month, monthDays: [value.date] } };
}

/** `day`, `2 weeks`, `other friday`, `third month`, with the days that follow. */
function unitAt(words: Words, first: number, today: number): Match<Repeat> | null {
  const word = words.word(first);
  const next = words.after(first);
  const unit = units.get(word);
  if (unit !== undefined) return unitWithDays(words, first, unit, 1, today);
  const ordinal = ordinalWords.get(word) ?? ordinalOf(word);
  const isNth = ordinal !== null && ordinal > 1;
  const interval = word === 'other' ? 2 : isNth ? ordinal : countOf(word);
  const countedUnit = units.get(words.word(next));
  if (interval !== null && countedUnit !== undefined) {
    return unitWithDays(words, next, countedUnit, interval, today);
  }
  const days = word === 'other' ? weekdaysAt(words, next) : null;
  return days?.value ? { last: days.last, value: { frequency: 'WEEKLY', interval: 2, ...days.value } } : null;
}

/** `daily`, `weekly on friday`: not in `the weekly report`. */
function adverbAt(words: Words, first: number, today: number): Match<Repeat> | null {
  const frequency = adverbs.get(words.word(first));
  if (frequency === undefined) return null;
  const found = unitWithDays(words, first, frequency, 1, today);
  return found.last > first || standsAlone(words, first) ? found : null;
}

/** The days of a week, month or year after its unit. `on` has to be followed by days that go with the unit. */
function unitWithDays(
  words: Words,
  unit: number,
  frequency: Frequency,
  interval: number,
  today: number,
): Match<Repeat> {
  const next = words.after(unit);
  const hasOn = words.word(next) === 'on';
  const days = daysOfUnit(words, hasOn ? words.after(next) : next, frequency, interval, hasOn);
  if (days !== null) return days;
  if (hasOn) return { last: endOfRest(words, next, today), value: null };
  return { last: unit, value: { frequency, interval } };
}

function daysOfUnit(
  words: Words,
  at: number,
  frequency: Frequency,
  interval: number,
  hasOn: boolean,
): Match<Repeat> | null {
  if (frequency === 'WEEKLY') {
    const days = weekdaysAt(words, at);
    return days && { last: days.last, value: days.value && { frequency, interval, ...days.value } };
  }
  if (!hasOn) return null;
  if (frequency === 'YEARLY') return monthDayOfYearAt(words, at, interval);
  const days = frequency === 'MONTHLY' ? daysOfMonthAt(words, at) : null;
  return days && { last: days.last, value: days.value && { frequency, interval, ...days.value } };
}

/** Of a repeat that is not clear: a date after the word that makes it so is part of it. */
function endOfRest(words: Words, word: number, today: number): number {
  return dateAt(words, words.after(word), today)?.last ?? word;
}

/** Adds `until …`. A repeat that holds only in part (`except sunday`, `for 2 weeks`) is not clear. */
function withEnd(words: Words, last: number, repeat: Repeat, today: number): Match<Repeat> {
  const next = words.after(last);
  const word = words.word(next);
  if (word === 'until' || word === 'till') {
    const end = dateAt(words, words.after(next), today, 'end');
    const value = end?.value ? { ...repeat, until: end.value } : null;
    return { last: end?.last ?? next, value };
  }
  const nextOrComma = words.after(last, ',');
  if (limits.has(words.word(nextOrComma))) {
    return { last: endOfRest(words, nextOrComma, today), value: null };
  }
  const following = words.after(next);
  const isInMonth = (word === 'in' || word === 'during') && months.has(words.word(following));
  const unit = words.after(following);
  const isSpan = word === 'for' && countOf(words.word(following)) !== null && units.has(words.word(unit));
  if (isInMonth) return { last: following, value: null };
  return isSpan ? { last: unit, value: null } : { last, value: repeat };
}
