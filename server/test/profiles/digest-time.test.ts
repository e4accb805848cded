import { describe, expect, test } from 'vitest';
import { dueDigest, nextDigestAt } from '../../src/profiles/digest-time.ts';

const at = (hour: number | null, zone: string, lastOn: string | null = null) => ({ hour, zone, lastOn });
const next = (time: ReturnType<typeof at>, after: string) => nextDigestAt(time, new Date(after));

describe('the next digest', () => {
  test.each([
    ['later today', 8, 'Europe/Berlin', '2026-11-28T06:59:59Z', '2026-11-28T07:00:00.000Z'],
    [
      'tomorrow, from its own instant on',
      8,
      'Europe/Berlin',
      '2026-11-28T07:00:00Z',
      '2026-11-29T07:00:00.000Z',
    ],
    ['at midnight', 0, 'Asia/Tokyo', '2026-11-28T14:00:00Z', '2026-11-28T15:00:00.000Z'],
    ['in a zone of half hours', 7, 'Asia/Kolkata', '2026-11-28T00:00:00Z', '2026-11-28T01:30:00.000Z'],
    [
      'at an hour that the clock leaves out',
      2,
      'Europe/Berlin',
      '2026-03-28T23:30:00Z',
      '2026-03-29T01:00:00.000Z',
    ],
    [
      'at the first of two such hours',
      2,
      'Europe/Berlin',
      '2026-10-24T23:00:00Z',
      '2026-10-25T00:00:00.000Z',
    ],
    ['not at the second one', 2, 'Europe/Berlin', '2026-10-25T00:30:00Z', '2026-10-26T01:00:00.000Z'],
    [
      'a midnight that the clock leaves out',
      0,
      'Africa/Cairo',
      '2026-04-23T12:00:00Z',
      '2026-04-23T22:00:00.000Z',
    ],
    [
      'after a date that the zone left out',
      8,
      'Pacific/Apia',
      '2011-12-29T18:30:00Z',
      '2011-12-30T18:00:00.000Z',
    ],
  ])('is %s', (_, hour, zone, after, expected) => {
    expect(next(at(hour, zone), after)).toBe(expected);
  });

  test('is never without an hour', () => {
    expect(next(at(null, 'UTC'), '2026-11-28T00:00:00Z')).toBeNull();
  });

  test('is not on a date that had one, after a change of hour or zone', () => {
    expect(next(at(9, 'UTC', '2026-11-28'), '2026-11-28T07:00:00Z')).toBe('2026-11-29T09:00:00.000Z');
    expect(next(at(9, 'America/Los_Angeles', '2026-11-28'), '2026-11-28T01:00:00Z')).toBe(
      '2026-11-29T17:00:00.000Z',
    );
  });

  test('comes once on each local date of a year in every kind of zone', () => {
    for (const zone of ['Europe/Berlin', 'America/Havana', 'Australia/Lord_Howe', 'Africa/Casablanca'])
      for (const hour of [0, 1, 2, 3, 23]) {
        const dates: string[] = [];
        const format = new Intl.DateTimeFormat('sv', { timeZone: zone, dateStyle: 'short' });
        for (let now = '2026-01-01T12:00:00.000Z'; now < '2027-01-01'; ) {
          now = next(at(hour, zone), now) ?? '9999';
          dates.push(format.format(Date.parse(now)));
        }
        expect(new Set(dates).size).toBe(dates.length);
        expect(dates.length).toBeGreaterThanOrEqual(365);
      }
  });
});

describe('a digest that is due', () => {
  const due = (time: ReturnType<typeof at>, now: string) => dueDigest(time, new Date(now));
  test('is that of the present date, once', () => {
    const digest = { date: '2026-11-28', at: '2026-11-28T07:00:00.000Z' };
    expect(due(at(8, 'Europe/Berlin'), '2026-11-28T06:59:59Z')).toBeNull();
    expect(due(at(8, 'Europe/Berlin'), '2026-11-28T07:00:00Z')).toEqual(digest);
    expect(due(at(8, 'Europe/Berlin', '2026-11-27'), '2026-11-28T22:00:00Z')).toEqual(digest);
    expect(due(at(8, 'Europe/Berlin', '2026-11-28'), '2026-11-28T22:00:00Z')).toBeNull();
  });

  test('is none before the hour, although those of earlier dates were missed', () => {
    expect(due(at(8, 'Europe/Berlin', '2026-11-25'), '2026-11-28T04:00:00Z')).toBeNull();
  });
});
