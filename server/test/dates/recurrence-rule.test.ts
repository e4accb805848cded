import { describe, expect, test } from 'vitest';
import { isPastUntil } from '../../src/dates/recurrence-dates.ts';
import { parseRule, RuleError } from '../../src/dates/recurrence-rule.ts';

test('a rule is read with all its parts, in any case and order', () => {
  const text =
    'bymonth=1,2,2;Interval=3;FREQ=yearly;ByDay=mo,-1FR,+2tu;BYMONTHDAY=1,-1,+5;BYSETPOS=-1;wkst=su;count=7';
  expect(parseRule(text)).toEqual({
    frequency: 'YEARLY',
    interval: 3,
    count: 7,
    until: null,
    weekStart: 6,
    byMonth: [1, 2],
    byWeekNo: [],
    byYearDay: [],
    byMonthDay: [1, -1, 5],
    byDay: [
      { weekday: 0, ordinal: null },
      { weekday: 4, ordinal: -1 },
      { weekday: 1, ordinal: 2 },
    ],
    bySetPos: [-1],
  });
});

test('a semicolon at the end is no part', () => {
  expect(parseRule('FREQ=WEEKLY;BYDAY=MO;')).toEqual(parseRule('FREQ=WEEKLY;BYDAY=MO'));
});

test('500 characters are read, and not more', () => {
  const text = `FREQ=DAILY;BYMONTH=1${'1,'.repeat(239)}01`;
  expect(text).toHaveLength(500);
  expect(parseRule(text).byMonth).toEqual([11, 1]);
  expect(() => parseRule(`${text};`)).toThrow('at most 500 characters');
});

describe.each([
  ['FREQ is missing.', ['INTERVAL=2', 'BYDAY=MO']],
  ['not of the form NAME=VALUE', ['', 'FREQ', 'FREQ=', 'FREQ=DAILY;;COUNT=2', 'FREQ=DAILY=2', ';', ' ']],
  ['Leave RRULE: out', ['RRULE:FREQ=DAILY', 'rrule:freq=daily', 'RRULE;X=1:FREQ=DAILY']],
  [
    'is not a part of a rule',
    ['FREQ=DAILY;BYEASTER=1', 'FREQ=DAILY;X-A=1', ' FREQ=DAILY', 'FREQ=DAILY; COUNT=1'],
  ],
  ['is there twice', ['FREQ=DAILY;FREQ=DAILY', 'FREQ=DAILY;COUNT=1;count=2']],
  ['the shortest repeat is DAILY', ['FREQ=HOURLY', 'FREQ=MINUTELY', 'FREQ=SECONDLY']],
  ['FREQ has to be DAILY', ['FREQ=FORTNIGHTLY', 'FREQ=1']],
  ['due_time has the time', ['FREQ=DAILY;BYHOUR=9', 'FREQ=DAILY;BYMINUTE=0', 'FREQ=DAILY;BYSECOND=0']],
  ['only the Gregorian calendar', ['RSCALE=CHINESE;FREQ=YEARLY', 'FREQ=MONTHLY;SKIP=FORWARD']],
  ['COUNT and UNTIL may not', ['FREQ=DAILY;COUNT=2;UNTIL=20261224']],
  [
    'INTERVAL has to be a whole number',
    [
      'FREQ=DAILY;INTERVAL=0',
      'FREQ=DAILY;INTERVAL=-1',
      'FREQ=DAILY;INTERVAL=1.5',
      'FREQ=DAILY;INTERVAL=9999999999',
    ],
  ],
  ['COUNT has to be a whole number', ['FREQ=DAILY;COUNT=0', 'FREQ=DAILY;COUNT=x', 'FREQ=DAILY;COUNT=+1']],
  ['WKST has to be one of', ['FREQ=WEEKLY;WKST=1', 'FREQ=WEEKLY;WKST=MO,TU']],
  [
    'BYMONTH has to be a list of numbers from 1 to 12.',
    [
      'FREQ=DAILY;BYMONTH=0',
      'FREQ=DAILY;BYMONTH=13',
      'FREQ=DAILY;BYMONTH=-1',
      'FREQ=DAILY;BYMONTH=1,',
      'FREQ=DAILY;BYMONTH=5L',
    ],
  ],
  [
    'BYMONTHDAY has to be a list of numbers from 1 to 31 or -1 to -31.',
    [
      'FREQ=MONTHLY;BYMONTHDAY=0',
      'FREQ=MONTHLY;BYMONTHDAY=32',
      'FREQ=MONTHLY;BYMONTHDAY=-32',
      'FREQ=MONTHLY;BYMONTHDAY=1e1',
    ],
  ],
  [
    'BYYEARDAY has to be',
    ['FREQ=YEARLY;BYYEARDAY=367', 'FREQ=YEARLY;BYYEARDAY=-367', 'FREQ=YEARLY;BYYEARDAY=0'],
  ],
  ['BYWEEKNO has to be', ['FREQ=YEARLY;BYWEEKNO=54', 'FREQ=YEARLY;BYWEEKNO=0', 'FREQ=YEARLY;BYWEEKNO=-54']],
  ['BYSETPOS has to be', ['FREQ=MONTHLY;BYDAY=MO;BYSETPOS=0', 'FREQ=MONTHLY;BYDAY=MO;BYSETPOS=367']],
  [
    'BYDAY has to be',
    [
      'FREQ=WEEKLY;BYDAY=XX',
      'FREQ=MONTHLY;BYDAY=0MO',
      'FREQ=MONTHLY;BYDAY=54MO',
      'FREQ=MONTHLY;BYDAY=-MO',
      'FREQ=WEEKLY;BYDAY=MO,',
      'FREQ=WEEKLY;BYDAY=MONDAY',
    ],
  ],
  [
    'UNTIL has to be',
    [
      '20260230',
      '20261301',
      '20261224T240000',
      '20261224T0800',
      '2026-12-24',
      '20261224T086000Z',
      '00000101',
      '20260631',
      '20270229',
    ].map((until) => `FREQ=DAILY;UNTIL=${until}`),
  ],
  ['BYWEEKNO needs FREQ=YEARLY', ['FREQ=MONTHLY;BYWEEKNO=1']],
  [
    'BYYEARDAY needs FREQ=YEARLY',
    ['FREQ=DAILY;BYYEARDAY=1', 'FREQ=WEEKLY;BYYEARDAY=1', 'FREQ=MONTHLY;BYYEARDAY=1'],
  ],
  ['BYMONTHDAY may not stand with FREQ=WEEKLY', ['FREQ=WEEKLY;BYMONTHDAY=1']],
  ['BYDAY may have numbers with', ['FREQ=WEEKLY;BYDAY=1MO', 'FREQ=DAILY;BYDAY=-1MO']],
  ['BYDAY may have no numbers together with BYWEEKNO', ['FREQ=YEARLY;BYWEEKNO=20;BYDAY=1MO']],
  ['BYSETPOS needs another part', ['FREQ=MONTHLY;BYSETPOS=1']],
])('refused because %s', (reason, texts) => {
  test.each(texts)('"%s"', (text) => {
    expect(() => parseRule(text)).toThrow(RuleError);
    expect(() => parseRule(text)).toThrow(reason);
  });
});

test('a long wrong part is quoted in part', () => {
  expect(() => parseRule(`FREQ=DAILY;${'X'.repeat(400)}=1`)).toThrow(/^"X{40}…" is not a part of a rule\.$/);
});

describe('UNTIL', () => {
  test.each([
    ['FREQ=DAILY', '2100-12-31', '23:59', 'UTC', false],
    ['FREQ=DAILY;UNTIL=20261224', '2026-12-24', null, 'UTC', false],
    ['FREQ=DAILY;UNTIL=20261224', '2026-12-24', '23:59', 'Asia/Tokyo', false],
    ['FREQ=DAILY;UNTIL=20261224', '2026-12-25', null, 'UTC', true],
    ['FREQ=DAILY;UNTIL=20261224T080000', '2026-12-24', '08:00', 'Asia/Tokyo', false],
    ['FREQ=DAILY;UNTIL=20261224T080000', '2026-12-24', '08:01', 'Asia/Tokyo', true],
    ['FREQ=DAILY;UNTIL=20261224T080000', '2026-12-24', null, 'Asia/Tokyo', false],
    ['FREQ=DAILY;UNTIL=20261224T080000', '2026-12-25', null, 'Asia/Tokyo', true],
    ['FREQ=DAILY;UNTIL=20261224T080000Z', '2026-12-24', '17:00', 'Asia/Tokyo', false],
    ['FREQ=DAILY;UNTIL=20261224T080000Z', '2026-12-24', '17:01', 'Asia/Tokyo', true],
    ['FREQ=DAILY;UNTIL=20261224T160000Z', '2026-12-25', null, 'Asia/Tokyo', false],
    ['FREQ=DAILY;UNTIL=20261224T160000Z', '2026-12-25', null, 'UTC', true],
    ['FREQ=DAILY;UNTIL=20261231T235960Z', '2026-12-31', '23:59', 'UTC', false],
  ])('%s: %s %s in %s is past it: %s', (text, date, time, zone, expected) => {
    expect(isPastUntil(parseRule(text), date, time, zone)).toBe(expected);
  });
});
