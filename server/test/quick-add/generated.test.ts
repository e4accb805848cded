import type { QuickAdd } from '@duly/quick-add';
import { describe, expect, test } from 'vitest';
import { parseDay } from '../../../quick-add/src/days.ts';
import { readQuickAdd } from '../../../quick-add/src/parse.ts';
import { isLong } from '../support/long-tests.ts';
import { readSentences } from '../support/quick-add.ts';
import { seeded } from '../support/random.ts';

const seed = Number(process.env.DULY_TEST_SEED ?? Date.now() % 1e6);
const random = seeded(seed);
const now = { date: '2026-11-26', time: '10:00' };

const sentences = readSentences();
/** Words of all sentences, and what may confuse a parser. */
const words = [
  ...new Set(sentences.flatMap(({ text }) => text.trim().split(/\s+/))),
  ...[
    '',
    ' ',
    '\n',
    '\t',
    '\u00a0',
    '"',
    '“',
    '”',
    '#"',
    '@"',
    '\\',
    '\\\\',
    '#',
    '@',
    '!',
    ',',
    ', ,',
    '...',
    '-',
  ],
  ...[
    '\0',
    '\ud800',
    '👩‍👧',
    'İ',
    'ß',
    '１２',
    '٣',
    '\u202e',
    'e\u0301',
    '31st',
    '29 feb',
    'sat',
    'every',
    'until',
  ],
  ...[
    'constructor',
    '__proto__',
    '#constructor',
    '@__proto__',
    '9'.repeat(50),
    'a'.repeat(300),
    `#${'é'.repeat(80)}`,
  ],
];

const countWords = (text: string) => text.split(/\s+/).filter(Boolean).length;

/** What holds for every text. */
function check(text: string): { result: QuickAdd; steps: number } {
  const { result, steps } = readQuickAdd(text, { now });
  let end = 0;
  for (const range of result.understood) {
    expect(range.start).toBeGreaterThanOrEqual(end);
    expect(range.end).toBeGreaterThan(range.start);
    expect(range.text).toBe(text.slice(range.start, range.end));
    end = range.end;
  }
  expect(end).toBeLessThanOrEqual(text.length);
  expect(countWords(result.title)).toBeLessThanOrEqual(countWords(text));
  expect(result.title).toBe(result.title.trim());
  const found = (kind: string) => result.understood.filter((range) => range.kind === kind);
  for (const kind of ['date', 'time', 'repeat', 'priority', 'project']) {
    expect(found(kind).length).toBeLessThanOrEqual(1);
  }
  expect(result.due_time).toBe(found('time')[0]?.value);
  expect(result.recurrence).toBe(found('repeat')[0]?.value);
  expect(result.project).toBe(found('project')[0]?.value);
  expect(result.priority).toBe(found('priority')[0]?.value);
  // A date comes from a range, and every range about dates gives one.
  const isDated = ['date', 'time', 'repeat'].some((kind) => found(kind).length > 0);
  expect(result.due_date !== undefined).toBe(isDated);
  if (result.due_date !== undefined) expect(parseDay(result.due_date)).not.toBeNull();
  return { result, steps };
}

const rounds = isLong ? 200_000 : 10_000;

describe(`any text (seed ${seed})`, () => {
  test(`of random words never throws, and gives disjoint ranges and no more words: ${rounds} texts`, () => {
    let understood = 0;
    for (let round = 0; round < rounds; round++) {
      const text = Array.from({ length: 1 + random.below(12) }, () => random.pick(words)).join(
        random.pick([' ', ' ', ' ', '', '  ', ', ']),
      );
      understood += check(text).result.understood.length;
    }
    expect(understood).toBeGreaterThan(rounds / 4);
  });

  test('of random characters never throws', () => {
    const characters = [...'abdefrnoty0123456789 :;,.-!?#@"“”\\/\n\u00a0\ud83d'];
    for (let round = 0; round < rounds; round++) {
      check(Array.from({ length: random.below(40) }, () => random.pick(characters)).join(''));
    }
  });

  test('that was cut anywhere, and so is being typed, never throws', () => {
    for (const { text } of sentences) {
      for (let end = 0; end <= text.length; end++) check(text.slice(0, end));
    }
  });

  test('stays as it is when each of its words is escaped', () => {
    for (const { text } of sentences.filter((sentence) => !/["“\\]/.test(sentence.text))) {
      const escaped = text
        .trim()
        .split(/\s+/)
        .map((word) => `\\${word}`)
        .join(' ');
      expect(check(escaped).result.understood).toEqual([]);
    }
  });
});

describe('10,000 characters', () => {
  const fill = (unit: string) => unit.repeat(Math.ceil(10_000 / unit.length)).slice(0, 10_000);
  const units = [
    'a',
    ' ',
    '"',
    '" ',
    '#"',
    '#" ',
    '“ ',
    '\\',
    '\\ ',
    '!',
    '. ',
    ',',
    '#a ',
    '@a ',
    '@a',
    '9',
    '9 ',
    '24 ',
    '24th ',
    'the 24th ',
    'every ',
    'every day ',
    'every day or ',
    'every day until ',
    'every mon and ',
    'mon, ',
    'monday, ',
    'monday or ',
    'every monday, tuesday, wednesday, ',
    'in 2 weeks ',
    'in 2 weeks on monday ',
    'on ',
    'due on ',
    'next week ',
    'the ',
    '24 december ',
    'december 24 ',
    '24 december 24 ',
    '5pm or ',
    '5pm, ',
    '5 ',
    '12 noon ',
    'every month on the 1st, 2nd, 3rd, ',
    'on the 1st and 2nd of every ',
    'last friday of ',
    'daily ',
    'daily on ',
    'until friday ',
    'every year on 29 february until ',
    'friday 13 ',
    '!high ',
    '31 february ',
    'every 31 february ',
  ];

  test.each(units)('of %j take a bounded number of steps', (unit) => {
    const text = fill(unit);
    const tokens = countWords(text);
    // Each word is looked at by every matcher, and a few times as the next word of another one.
    expect(check(text).steps).toBeLessThan(100 * (tokens + 1));
  });

  test(`of random words take a bounded number of steps (seed ${seed})`, () => {
    for (let round = 0; round < 50; round++) {
      const some = Array.from({ length: 2 + random.below(6) }, () => random.pick(words));
      const text = fill(`${some.join(' ')} `);
      expect(check(text).steps).toBeLessThan(100 * (countWords(text) + 1));
    }
  });
});

test('a moment that does not exist is refused', () => {
  const parseAt = (date: string, time: string) => () => readQuickAdd('x', { now: { date, time } });
  expect(parseAt('2026-02-30', '10:00')).toThrow(/^now\.date must be a date .* got 2026-02-30$/);
  expect(parseAt('2026-02-28', '24:00')).toThrow(/^now\.time must be a time .* got 24:00$/);
});
