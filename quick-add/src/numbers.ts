import type { Words } from './tokens.ts';
import { blockers, joiners, nonNouns, numberWords } from './vocabulary.ts';

const suffixes = ['th', 'st', 'nd', 'rd'];

/** `1st` to `31st` with the right ending, else null. */
export function ordinalOf(word: string): number | null {
  const [, digits = '', suffix = ''] = /^([1-9]\d?)(st|nd|rd|th)$/.exec(word) ?? [];
  const value = Number(digits);
  const isTeen = value > 10 && value < 14;
  const wanted = isTeen ? 'th' : (suffixes[value % 10] ?? 'th');
  return value >= 1 && value <= 31 && suffix === wanted ? value : null;
}

/** `1` to `999`, `a`, `two`: how many. */
export const countOf = (word: string): number | null =>
  numberWords.get(word) ?? (/^[1-9]\d{0,2}$/.test(word) ? Number(word) : null);

const isNumber = (word: string) => /^\d{1,2}$/.test(word) || ordinalOf(word) !== null;

/** `and 25th`, `- 26`: another number, so that a day or a time before it is one of several. */
export const isJoinedNumber = (words: Words, joiner: number): boolean =>
  joiners.has(words.word(joiner)) && isNumber(words.word(words.after(joiner)));

/** Whether the words before make a day or a time the object of a sentence: `before friday`, `24 and 26 december`. */
export function isBlocked(words: Words, first: number): boolean {
  if (words.after(first - 1) < 0) return false;
  const before = words.word(first - 1);
  if (blockers.has(before)) return true;
  return joiners.has(before) && words.after(first - 2) > 0 && isNumber(words.word(first - 2));
}

const timeLike = /^(?:\d\d:\d\d|\d{1,2}(?:[:.]\d\d)?[ap]m)$/;

/** Whether no noun follows, which would make `24th` or `weekly` its adjective. */
export function standsAlone(words: Words, last: number): boolean {
  if (words.endsPhrase(last)) return true;
  const next = words.word(last + 1);
  return nonNouns.has(next) || (next.length <= 7 && timeLike.test(next));
}
