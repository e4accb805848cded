import { formatTime } from './days.ts';
import type { Match } from './model.ts';
import { isBlocked } from './numbers.ts';
import type { Words } from './tokens.ts';
import { joiners } from './vocabulary.ts';

/** A time (`HH:MM`) that starts at a token, with its preposition. */
export function timeAt(words: Words, first: number): Match<string> | null {
  const found = onePhrase(words, first);
  if (found === null) return null;
  const last = endOfChain(words, found.last);
  return last === found.last && !isBlocked(words, first) ? found : { last, value: null };
}

/** Follows `4pm or 5pm` and `9:00 - 10:00` to their ends. */
function endOfChain(words: Words, start: number): number {
  for (let last = start; ; ) {
    const next = words.after(last);
    const following = joiners.has(words.word(next))
      ? words.after(next)
      : words.hasComma(last)
        ? words.after(last, ',')
        : -1;
    const found = following < 0 ? null : onePhrase(words, following);
    if (found === null) return last;
    last = found.last;
  }
}

function onePhrase(words: Words, first: number): Match<string> | null {
  const at = words.word(first) === 'due' ? words.after(first) : first;
  const word = words.word(at);
  const body = word === 'at' || word === 'by' ? words.after(at) : at;
  // `due 5pm` is a time, but `due` alone has none.
  return noonAt(words, body) ?? halfDayAt(words, body) ?? fullDayAt(words, body);
}

/** `noon`, `12 noon`. */
function noonAt(words: Words, first: number): Match<string> | null {
  const last = words.word(first) === '12' ? words.after(first) : first;
  return words.word(last) === 'noon' ? { last, value: '12:00' } : null;
}

const withHalf = /^(\d{1,2})(?:[:.](\d\d))?([ap])\.?m$/;
const withoutHalf = /^\d{1,2}(?:[:.]\d\d)?$/;
const half = /^[ap]\.?m$/;

/** `5pm`, `5 pm`, `5:30 p.m.`: 12 am is midnight, 12 pm is noon. */
function halfDayAt(words: Words, first: number): Match<string> | null {
  const word = words.word(first);
  if (word.length > 8) return null;
  const next = words.after(first);
  const isSplit = withoutHalf.test(word) && half.test(words.word(next));
  const [, hour, minute = '00', letter] = withHalf.exec(isSplit ? word + words.word(next) : word) ?? [];
  if (hour === undefined) return null;
  const last = isSplit ? next : first;
  if (Number(hour) < 1 || Number(hour) > 12 || Number(minute) > 59) return { last, value: null };
  return { last, value: formatTime((Number(hour) % 12) + (letter === 'p' ? 12 : 0), Number(minute)) };
}

/** `17:00`, `09:30`. `5:30` could be either half of the day. */
function fullDayAt(words: Words, first: number): Match<string> | null {
  const word = words.word(first);
  return /^(?:[01]\d|2[0-3]):[0-5]\d$/.test(word) ? { last: first, value: word } : null;
}
