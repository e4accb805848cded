import type { Match } from './model.ts';
import { ordinalOf } from './numbers.ts';
import type { Repeat } from './repeat.ts';
import type { Words } from './tokens.ts';
import { ordinalWords, weekdays } from './vocabulary.ts';

/** What a repeat says besides its frequency and interval. */
type Days = Omit<Repeat, 'frequency' | 'interval' | 'until'>;

const ascending = (values: number[]) => values.sort((one, other) => one - other);

/**
 * Items between commas, `and` or `&`. A repeated item ends the list, so that it has as many items as there are.
 * `toValue` returns undefined or null for a word that is none.
 */
function listAt(
  words: Words,
  first: number,
  toValue: (word: string) => number | null | undefined,
): Match<number[]> | null {
  const found: number[] = [];
  for (let last = -1, at = first; ; ) {
    const value = toValue(words.word(at));
    if (value == null || found.includes(value)) {
      return found.length === 0 ? null : { last, value: ascending(found) };
    }
    found.push(value);
    last = at;
    const next = words.after(last, ',');
    const isJoined = /^(?:and|&)$/.test(words.word(next));
    if (isJoined) at = words.after(next);
    else at = words.hasComma(last) ? next : -1;
  }
}

/** `monday`, `mon, wed and fri`, `monday to friday`. */
export function weekdaysAt(words: Words, first: number): Match<Days> | null {
  const next = words.after(first);
  const from = weekdays.get(words.word(first));
  const end = words.after(next);
  const to = weekdays.get(words.word(end));
  if (from !== undefined && to !== undefined && /^(?:to|through|thru)$/.test(words.word(next))) {
    const length = ((to - from + 7) % 7) + 1;
    const days = Array.from({ length }, (_, index) => (from + index) % 7);
    return { last: end, value: { weekdays: ascending(days) } };
  }
  const found = listAt(words, first, (word) => weekdays.get(word));
  return found?.value ? { last: found.last, value: { weekdays: found.value } } : null;
}

const maxOrdinal = 5;
const numberedOrdinal = /^(?:1st|2nd|3rd|4th|5th)$/;

/** -1 (`last`), or 1 to 5 (`second`, `2nd`). */
function ordinalAt(words: Words, at: number): number | null {
  const word = words.word(at);
  const ordinal = ordinalWords.get(word) ?? (numberedOrdinal.test(word) ? ordinalOf(word) : null);
  return ordinal !== null && ordinal <= maxOrdinal ? ordinal : null;
}

/** Days of a month: `15th`, `1st and 15th`, `last day`, `first day`, `last friday`, each with or without `the`. */
export function daysOfMonthAt(words: Words, first: number): Match<Days> | null {
  const at = words.word(first) === 'the' ? words.after(first) : first;
  const ordinal = ordinalAt(words, at);
  const last = words.after(at);
  if (ordinal !== null) {
    const weekday = weekdays.get(words.word(last));
    if (weekday !== undefined) return { last, value: { weekdays: [weekday], ordinal } };
    const isDay = words.word(last) === 'day';
    if (isDay && Math.abs(ordinal) === 1) return { last, value: { monthDays: [ordinal] } };
  }
  const found = listAt(words, at, ordinalOf);
  return found?.value ? { last: found.last, value: { monthDays: found.value } } : null;
}
