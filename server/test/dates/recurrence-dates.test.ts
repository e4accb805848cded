import { describe, expect, test } from 'vitest';
import { toDay } from '../../src/dates/days.ts';
import { RuleError } from '../../src/dates/recurrence-rule.ts';
import { addDays, firstDates } from '../support/dates.ts';
import { randomDate, randomRule } from '../support/generate-rules.ts';
import { type Random, seeded } from '../support/random.ts';

const seed = Number(process.env.DULY_TEST_SEED ?? 16);

interface Example {
  text: string;
  start: string;
  /** The first 40, with the start. */
  dates: string[];
}

/** A random rule, and a start that it has. */
function randomExample(random: Random): Example {
  for (;;) {
    const text = randomRule(random);
    try {
      const [start] = firstDates(text, randomDate(random), 1);
      if (start === undefined) continue;
      const dates = firstDates(text, start, 40);
      if (dates.length > 1) return { text, start, dates };
    } catch (error) {
      if (!(error instanceof RuleError)) throw error;
    }
  }
}

describe(`1,000 random rules (seed ${seed})`, () => {
  const random = seeded(seed);
  const examples = Array.from({ length: 1_000 }, () => randomExample(random));

  test('have ascending dates, the first of which is the start', () => {
    for (const { text, start, dates } of examples) {
      expect(dates[0], text).toBe(start);
      expect([...new Set(dates)].sort(), text).toEqual(dates);
    }
  });

  test('have the same dates after any date, wherever the search begins', () => {
    for (const { text, start, dates } of examples) {
      const days = toDay(dates.at(-1) ?? start) - toDay(start);
      const between = addDays(start, random.below(days));
      for (const after of [between, ...random.some(dates.slice(0, -1), 0.1)]) {
        const tail = dates.filter((date) => date > after);
        expect(firstDates(text, start, tail.length, after), `${text} ${start} ${after}`).toEqual(tail);
      }
    }
  });

  test('have the same dates from one of them on, if that is the start', () => {
    for (const { text, dates } of examples) {
      const tail = dates.slice(random.below(dates.length));
      expect(firstDates(text, tail[0] ?? '', tail.length), `${text} from ${tail[0]}`).toEqual(tail);
    }
  });
});

test.each([
  ['the 31st exists in some months', 'FREQ=MONTHLY', '2026-01-31', '2026-03-31 2026-05-31 2026-07-31'],
  [
    'the last day is that of each month',
    'FREQ=MONTHLY;BYMONTHDAY=-1',
    '2027-12-31',
    '2028-01-31 2028-02-29 2028-03-31',
  ],
  [
    'the 30th leaves out February',
    'FREQ=MONTHLY;INTERVAL=1',
    '2026-01-30',
    '2026-03-30 2026-04-30 2026-05-30',
  ],
  ['29 February is that of leap years', 'FREQ=YEARLY', '2024-02-29', '2028-02-29 2032-02-29 2036-02-29'],
  [
    '29 February every third year',
    'FREQ=YEARLY;INTERVAL=3',
    '2024-02-29',
    '2036-02-29 2048-02-29 2060-02-29',
  ],
  ['2100 is no leap year', 'FREQ=YEARLY', '2092-02-29', '2096-02-29'],
  [
    'the 366th day is that of leap years',
    'FREQ=YEARLY;BYYEARDAY=366',
    '2024-12-31',
    '2028-12-31 2032-12-31 2036-12-31',
  ],
  [
    'days with and without numbers are both',
    'FREQ=MONTHLY;BYDAY=MO,1TU',
    '2026-06-01',
    '2026-06-02 2026-06-08 2026-06-15',
  ],
  [
    'week 53 has days in January',
    'FREQ=YEARLY;BYWEEKNO=53;BYDAY=SA',
    '2027-01-02',
    '2033-01-01 2038-01-02 2044-01-02',
  ],
  [
    'week -53 is the first of a long year',
    'FREQ=YEARLY;BYWEEKNO=-53;BYDAY=MO',
    '2025-12-29',
    '2031-12-29 2036-12-29 2042-12-29',
  ],
])('%s: %s', (_name, text, start, expected) => {
  const dates = expected.split(' ');
  expect(firstDates(text, start, dates.length === 1 ? 2 : dates.length, start)).toEqual(dates);
});

test('the numbers of weeks are those of ISO 8601, from 1970 to 2100', () => {
  for (const week of [1, 9, 52, 53]) {
    const dates = firstDates(`FREQ=YEARLY;BYWEEKNO=${week};BYDAY=MO,TU,WE,TH,FR,SA,SU`, '1970-01-01', 2_000);
    const expected = firstDates('FREQ=DAILY', '1970-01-01', 50_000).filter(
      (date) => isoWeekOf(date) === week,
    );
    expect(dates).toEqual(expected);
  }
});

/** The week of the Thursday, counted in days by `Date`. */
function isoWeekOf(date: string): number {
  const thursday = new Date(date);
  thursday.setUTCDate(thursday.getUTCDate() + 4 - (thursday.getUTCDay() || 7));
  return Math.ceil(((thursday.getTime() - Date.UTC(thursday.getUTCFullYear(), 0, 1)) / 86_400_000 + 1) / 7);
}

test('no date is before the start, and the start is one if the search begins before it', () => {
  expect(firstDates('FREQ=MONTHLY;BYMONTHDAY=1,15', '2026-05-10', 2, '2020-01-01')).toEqual([
    '2026-05-15',
    '2026-06-01',
  ]);
  expect(firstDates('FREQ=WEEKLY;BYDAY=MO,TU,WE;BYSETPOS=2', '2026-06-03', 1)).toEqual(['2026-06-09']);
});
