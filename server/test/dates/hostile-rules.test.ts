import { describe, expect, test } from 'vitest';
import { checkRule, datesAfter, maxDaysLookedAt } from '../../src/dates/recurrence-dates.ts';
import { parseRule, RuleError } from '../../src/dates/recurrence-rule.ts';

const never = 'The rule has no date after';
const tooRare = 'The rule does not happen, or too rarely';

/** A year may be looked at to its end after the budget is spent. A day takes about 0.1 microseconds. */
const mostDays = maxDaysLookedAt + 366;

const ordinals = Array.from({ length: 53 }, (_, index) => `${index + 1}MO,-${index + 1}TU`);
const longestList = ordinals.slice(0, 42).join(',');

const refused: [string, string, string, string][] = [
  ['the 366th of the fifth Mondays', 'FREQ=MONTHLY;BYDAY=5MO;BYSETPOS=366', '1970-01-01', tooRare],
  ['30 February', 'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30', '1970-01-01', never],
  ['30 February, on odd days', 'FREQ=DAILY;INTERVAL=2;BYMONTH=2;BYMONTHDAY=30', '1970-01-01', never],
  ['an INTERVAL of 999,999,999', 'FREQ=DAILY;INTERVAL=999999999', '1970-01-01', never],
  ['week 53 every 97 years', 'FREQ=YEARLY;BYWEEKNO=53;INTERVAL=97', '1971-01-03', never],
  ['the second Monday of a week', 'FREQ=WEEKLY;BYDAY=MO;BYSETPOS=2', '1970-01-05', tooRare],
  ['12 months apart, in other months', 'FREQ=MONTHLY;INTERVAL=12;BYMONTH=2,4', '1970-01-31', never],
  ['the 366th of a long list', `FREQ=YEARLY;BYDAY=${longestList};BYSETPOS=366`, '1970-01-01', tooRare],
];

const accepted: [string, string, string, number, string, string][] = [
  ['a million days', 'FREQ=DAILY;COUNT=1000000', '1970-01-01', 10, '1970-01-02', '1970-01-11'],
  [
    'the 31st day from the end',
    'FREQ=MONTHLY;BYMONTHDAY=-31;INTERVAL=11',
    '2026-01-01',
    10,
    '2026-12-01',
    '2041-08-01',
  ],
  [
    'a leap day on a Friday',
    'FREQ=YEARLY;INTERVAL=4;BYMONTH=2;BYMONTHDAY=29;BYDAY=FR',
    '2008-02-29',
    3,
    '2036-02-29',
    '2092-02-29',
  ],
  [
    'a leap day on a Friday, every third day',
    'FREQ=DAILY;INTERVAL=3;BYMONTH=2;BYMONTHDAY=29;BYDAY=FR',
    '2008-02-29',
    3,
    '2036-02-29',
    '2092-02-29',
  ],
];

/** What it costs to accept the rule, and to list the next ten dates. */
function search(text: string, start: string) {
  const rule = parseRule(text);
  const cost = { daysLookedAt: 0 };
  const dates: string[] = [];
  try {
    checkRule(rule, start, cost);
    for (const date of datesAfter(rule, start, start, cost)) if (dates.push(date) === 10) break;
    return { cost, dates, reason: null };
  } catch (error) {
    if (error instanceof RuleError) return { cost, dates, reason: error.message };
    throw error;
  }
}

describe('a rule that costs much', () => {
  test.each(refused)('is refused: %s, %s from %s', (_name, text, start, expected) => {
    const { cost, reason } = search(text, start);
    expect(reason).toContain(expected);
    expect(cost.daysLookedAt).toBeLessThanOrEqual(mostDays);
  });

  test.each(accepted)('is found soon: %s, %s from %s', (_name, text, start, count, first, last) => {
    const { cost, dates, reason } = search(text, start);
    expect(reason).toBeNull();
    expect([dates.length, dates[0], dates.at(-1)]).toEqual([count, first, last]);
    expect(cost.daysLookedAt).toBeLessThanOrEqual(mostDays);
  });
});

test('the budget is that of one date: ten dates may cost more together', () => {
  const cost = { daysLookedAt: 0 };
  const rule = parseRule('FREQ=YEARLY;BYYEARDAY=366;BYDAY=SA');
  expect([...datesAfter(rule, '1972-01-01', '1972-01-01', cost)]).toEqual([
    '1988-12-31',
    '2016-12-31',
    '2044-12-31',
    '2072-12-31',
  ]);
  expect(cost.daysLookedAt).toBeGreaterThan(maxDaysLookedAt);
});

test('a date far from the start costs as little as one near it', () => {
  for (const text of [
    'FREQ=DAILY',
    'FREQ=DAILY;INTERVAL=3',
    'FREQ=WEEKLY;INTERVAL=3',
    'FREQ=MONTHLY',
    'FREQ=YEARLY',
  ]) {
    const cost = { daysLookedAt: 0 };
    datesAfter(parseRule(text), '1970-01-30', '2090-06-01', cost).next();
    expect(cost.daysLookedAt).toBeLessThanOrEqual(80);
  }
});

test('dates end with the year 2100', () => {
  expect([...datesAfter(parseRule('FREQ=DAILY'), '1970-01-01', '2100-12-29')]).toEqual([
    '2100-12-30',
    '2100-12-31',
  ]);
  expect([...datesAfter(parseRule('FREQ=WEEKLY;BYDAY=MO,SU'), '1970-01-01', '2100-12-30')]).toEqual([]);
  expect(() => checkRule(parseRule('FREQ=DAILY'), '2100-12-31')).toThrow(never);
});
