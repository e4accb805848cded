import { describe, expect, test } from 'vitest';
import { toDate, toDay } from '../../src/dates/days.ts';
import { dateIn, instantOf, isTimeZone, startOfDay } from '../../src/dates/zones.ts';
import { addDays, dayBefore, digestOf, readTable } from '../support/dates.ts';

const table = readTable('zones.txt').lines.map((line) => line.split(' '));
/** `Factory` is for machines whose zone nobody set; Intl does not have it. */
const names = table.flatMap(([name = '']) => (name === 'Factory' ? [] : [name]));

test('02:30 on 626 Sundays is the instant that zoneinfo gives, in every zone', () => {
  expect(names.length).toBeGreaterThan(590);
  const sundays = Array.from({ length: 626 }, (_, week) => addDays('2018-01-07', 7 * week));
  const wrong = table.filter(([name = '', digest]) => {
    if (!names.includes(name)) return false;
    return digestOf(sundays.map((date) => instantOf(date, '02:30', name))) !== digest;
  });
  expect(wrong.map(([name]) => name)).toEqual([]);
});

describe('a local time', () => {
  test.each([
    ['in a gap moves forward by it', '2024-03-10', '02:30', 'America/New_York', '2024-03-10T07:30:00.000Z'],
    ['before the gap stays', '2024-03-10', '01:59', 'America/New_York', '2024-03-10T06:59:00.000Z'],
    ['that exists twice is the first', '2024-11-03', '01:30', 'America/New_York', '2024-11-03T05:30:00.000Z'],
    ['after the second one', '2024-11-03', '02:00', 'America/New_York', '2024-11-03T07:00:00.000Z'],
    ['in a gap of 30 minutes', '2024-10-06', '02:15', 'Australia/Lord_Howe', '2024-10-05T15:45:00.000Z'],
    ['twice within 30 minutes', '2024-04-07', '01:45', 'Australia/Lord_Howe', '2024-04-06T14:45:00.000Z'],
    ['in Ramadan', '2018-05-14', '02:30', 'Africa/Casablanca', '2018-05-14T02:30:00.000Z'],
    ['before Ramadan', '2018-05-12', '02:30', 'Africa/Casablanca', '2018-05-12T01:30:00.000Z'],
    ['on a date that the zone left out', '2011-12-30', '08:00', 'Pacific/Apia', '2011-12-30T18:00:00.000Z'],
    ['with 45 minutes', '2026-12-24', '08:00', 'Asia/Kathmandu', '2026-12-24T02:15:00.000Z'],
    ['14 hours ahead', '2026-01-01', '00:00', 'Pacific/Kiritimati', '2025-12-31T10:00:00.000Z'],
    ['12 hours after', '2026-12-31', '23:59', 'Etc/GMT+12', '2027-01-01T11:59:00.000Z'],
    ['with an offset in seconds', '1970-01-01', '00:00', 'Africa/Monrovia', '1970-01-01T00:44:30.000Z'],
  ])('%s', (_, date, time, zone, instant) => {
    expect(instantOf(date, time, zone)).toBe(instant);
  });
});

describe('the first instant of a date', () => {
  test.each([
    ['is midnight', '2026-11-27', 'America/New_York', '2026-11-27T05:00:00.000Z'],
    ['is the end of a gap at midnight', '2018-11-04', 'America/Sao_Paulo', '2018-11-04T03:00:00.000Z'],
    [
      'is the second midnight, if the clock went back at the first',
      '2018-02-18',
      'America/Sao_Paulo',
      '2018-02-18T03:00:00.000Z',
    ],
    [
      'is the end of a gap that begins before midnight',
      '1919-03-31',
      'America/Toronto',
      '1919-03-31T04:30:00.000Z',
    ],
    [
      'is the first midnight, if the clock went back at 00:01',
      '2006-10-29',
      'America/St_Johns',
      '2006-10-29T02:30:00.000Z',
    ],
    [
      'is that of the next date for one that was left out',
      '2011-12-30',
      'Pacific/Apia',
      '2011-12-30T10:00:00.000Z',
    ],
    ['after it is the same', '2011-12-31', 'Pacific/Apia', '2011-12-30T10:00:00.000Z'],
  ])('%s', (_, date, zone, instant) => {
    expect(startOfDay(date, zone)).toBe(instant);
  });

  test('has that date, and the millisecond before it another one, in every zone for a year', () => {
    const days = Array.from({ length: 366 }, (_, index) => addDays('2024-01-01', index));
    const wrong = Intl.supportedValuesOf('timeZone').flatMap((zone) =>
      days
        .filter((date) => {
          const start = Date.parse(startOfDay(date, zone));
          const [first, before] = [dateIn(zone, new Date(start)), dateIn(zone, new Date(start - 1))];
          return first !== date || before !== dayBefore(date);
        })
        .map((date) => `${date} ${zone}`),
    );
    expect(wrong).toEqual([]);
  });
});

test('the local date agrees with Intl at any instant', () => {
  const steps = Array.from(
    { length: 2_000 },
    (_, index) => new Date(Date.UTC(2010, 0) + index * 97 * 3_600_000),
  );
  for (const zone of [
    'Africa/Casablanca',
    'Pacific/Apia',
    'Pacific/Fiji',
    'America/Sao_Paulo',
    'Asia/Kathmandu',
  ]) {
    const format = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short' });
    expect(steps.filter((now) => dateIn(zone, now) !== format.format(now))).toEqual([]);
  }
});

test('more zones than are remembered are all right, and remembered ones too', () => {
  for (const _ of [1, 2])
    for (const name of names) {
      const instant = instantOf('2026-07-01', '12:00', name);
      expect(dateIn(name, new Date(instant))).toBe('2026-07-01');
      const other = name.toLowerCase();
      expect(instantOf('2026-07-01', '12:00', other)).toBe(instant);
    }
});

test.each([
  ['Europe/Berlin', true],
  ['europe/berlin', true],
  ['UTC', true],
  ['Etc/GMT+12', true],
  ['Nowhere/Place', false],
  ['+02:00', false],
  ['', false],
  ['Europe/Berlin ', false],
  ['A'.repeat(65), false],
])('%s is a time zone: %s', (name, expected) => {
  expect(isTimeZone(name)).toBe(expected);
});

test('dates and day numbers agree with Date, from 1900 to 2300', () => {
  const first = toDay('1900-01-01');
  const wrong: string[] = [];
  for (let day = first; day <= toDay('2300-12-31'); day += 1) {
    const date = toDate(day);
    const isSame = new Date(day * 86_400_000).toISOString().startsWith(date);
    if (!isSame || toDay(date) !== day) wrong.push(date);
  }
  expect(wrong).toEqual([]);
});
