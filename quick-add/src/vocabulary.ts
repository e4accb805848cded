const numbered = (words: string[], from: number) =>
  words.flatMap((names, index) => names.split(' ').map((name): [string, number] => [name, index + from]));

/** 0 (Monday) to 6 (Sunday). */
export const weekdays = new Map(
  numbered(
    [
      'monday mon',
      'tuesday tue tues',
      'wednesday wed',
      'thursday thu thur thurs',
      'friday fri',
      'saturday sat',
      'sunday sun',
    ],
    0,
  ),
);

/** Short names that are English words too: alone, they are no day. */
export const doubtfulWeekdays = new Set(['wed', 'sat', 'sun']);

export const months = new Map(
  numbered(
    [
      'january jan',
      'february feb',
      'march mar',
      'april apr',
      'may',
      'june jun',
      'july jul',
      'august aug',
      'september sep sept',
      'october oct',
      'november nov',
      'december dec',
    ],
    1,
  ),
);

/** Short and long names that are English words too. */
export const doubtfulMonths = new Set(['march', 'mar', 'may']);

export const numberWords = new Map([
  ['a', 1],
  ['an', 1],
  ...numbered('one two three four five six seven eight nine ten eleven twelve'.split(' '), 1),
]);

/** -1 is the last. */
export const ordinalWords = new Map([
  ['last', -1],
  ...numbered('first second third fourth fifth sixth seventh eighth ninth tenth'.split(' '), 1),
]);

export type Frequency = 'DAILY' | 'WEEKLY' | 'MONTHLY' | 'YEARLY';

export const units = new Map<string, Frequency>([
  ['day', 'DAILY'],
  ['days', 'DAILY'],
  ['week', 'WEEKLY'],
  ['weeks', 'WEEKLY'],
  ['month', 'MONTHLY'],
  ['months', 'MONTHLY'],
  ['year', 'YEARLY'],
  ['years', 'YEARLY'],
]);

export const adverbs = new Map<string, Frequency>([
  ['daily', 'DAILY'],
  ['weekly', 'WEEKLY'],
  ['monthly', 'MONTHLY'],
  ['yearly', 'YEARLY'],
  ['annually', 'YEARLY'],
]);

/** Between two days or times: with them it is not clear which one is meant. */
export const joiners = new Set(['and', 'or', '&', 'to', 'until', 'till', 'through', 'thru', '-', '–', '—']);

/** Before a repeat or one of the adverbs: it is spoken of, and does not say when. */
export const repeatBlockers = new Set(
  'a an the my our your his her their any some no not for of except excluding almost nearly than'.split(' '),
);

/** Before a repeat: it says how often in each turn. */
export const repeatCounts = new Set(['twice', 'thrice', 'times']);

/** Before a day or a time: it is spoken of, or it is a bound, and does not say when. */
export const blockers = new Set([
  ...repeatBlockers,
  ...ordinalWords.keys(),
  ...'from since until till before after to through thru between around about past previous every each other'.split(
    ' ',
  ),
]);

/** After a repeat: it holds only in part, which no rule says here. */
export const limits = new Set(['except', 'excluding', 'unless', 'but', 'or', 'of', 'this', 'next']);

const nearDays = ['today', 'tonight', 'tomorrow'];
const phraseStarts = ['at', 'on', 'by', 'due', 'every', 'each', 'noon', 'starting', ...adverbs.keys()];

/**
 * After `24th` or `weekly`. Other words make these an adjective: the 24th edition, the weekly report, the 2nd Friday.
 */
export const nonNouns = new Set([
  ...nearDays,
  ...phraseStarts,
  ...'in to with for and but from via near because if'.split(' '),
]);

/** Before these, a backslash is an escape. */
export const knownWords = new Set([
  ...nearDays,
  ...weekdays.keys(),
  ...phraseStarts,
  ...months.keys(),
  ...numberWords.keys(),
  ...ordinalWords.keys(),
  ...units.keys(),
  ...'the day after next this in of other weekday until till to through thru and from am pm'.split(' '),
]);
