import type { Words } from './tokens.ts';
import { doubtfulMonths, doubtfulWeekdays, months, units, weekdays } from './vocabulary.ts';

/** `3/4`, `24.12.2027`, `3-4-2027`: day and month in an order that is not clear. */
const numericDate = /^\d{1,4}(?:\/\d{1,2}(?:\/\d{1,4})?|\.\d{1,2}\.\d{2,4}|-\d{1,2}-\d{1,4})(?:t[\d:]+)?$/;
const shortDate = /^\d{1,2}\.\d{1,2}$/;

export function isNumericDate(words: Words, at: number): boolean {
  const word = words.word(at);
  // `24.12.` has its second stop as punctuation.
  return word.length <= 20 && (numericDate.test(word) || (shortDate.test(word) && words.after(at) < 0));
}

const plain = new Set(['today', 'tonight', 'tomorrow', 'yesterday', 'weekend', 'every', 'each']);
const qualifiers = new Set(['next', 'this', 'last', 'coming']);

/** Whether a word that was not understood may say a day: then a time alone does not mean today. */
export function isDateLike(words: Words, at: number): boolean {
  const word = words.word(at);
  if (plain.has(word) || isNumericDate(words, at)) return true;
  if (weekdays.has(word)) return !doubtfulWeekdays.has(word);
  if (months.has(word)) return !doubtfulMonths.has(word);
  return units.has(word) && (word.endsWith('s') || qualifiers.has(words.word(at - 1)));
}
