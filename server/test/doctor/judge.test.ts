import { expect, test } from 'vitest';
import { emptyStatus } from '../../src/backup/status.ts';
import {
  judgeBackups,
  judgeCertificates,
  judgeClock,
  judgeDisk,
  judgeServer,
} from '../../src/doctor/judge.ts';

const gigabyte = 2 ** 30;

test.each([
  [0, 1, 'ok'],
  [1_900, 1, 'ok'],
  [-2_100, 1, 'warning'],
  [30_100, 1, 'problem'],
  // Half of the round trip is the error of the measurement.
  [2_100, 1_000, 'ok'],
] as const)('a clock that is %i ms off, measured in %i ms, is: %s', (skewMs, roundTripMs, verdict) => {
  expect(judgeClock(skewMs, roundTripMs).verdict).toBe(verdict);
});

test('a clock is said to be ahead or behind', () => {
  expect(judgeClock(90_000, 1).message).toBe("this clock is 90.0 s ahead of the database's");
  expect(judgeClock(-90_000, 1).message).toBe("this clock is 90.0 s behind the database's");
});

test.each([
  [0.4, 10, 'problem'],
  [1.9, 10, 'warning'],
  [2.1, 10, 'ok'],
  [9, 100, 'warning'],
  [11, 100, 'ok'],
  [19, 4_000, 'warning'],
  [21, 4_000, 'ok'],
] as const)('%d GB free of %d GB is: %s', (free, total, verdict) => {
  expect(judgeDisk('disk', '/data', free * gigabyte, total * gigabyte).verdict).toBe(verdict);
});

test('a server that takes no writes, or has too few connections, is warned of', () => {
  const server = { version: '18.1', isReadOnly: false, connections: 15 };
  expect(judgeServer(server, 15, 1).verdict).toBe('ok');
  expect(judgeServer(server, 16, 1).message).toMatch(/allows 15 connections, .* is 16$/);
  expect(judgeServer({ ...server, isReadOnly: true }, 15, 1).message).toBe(
    'PostgreSQL 18.1 takes no writes now',
  );
});

const now = Date.parse('2026-11-28T12:00:00Z');
const at = (text: string) => new Date(text).toUTCString();

test.each([
  ['2026-11-28T11:59:00Z', 'problem', 'expired on 2026-11-28'],
  ['2026-12-11T12:00:00Z', 'warning', 'expires on 2026-12-11, in 13 days'],
  ['2026-12-13T12:00:00Z', 'ok', 'is valid until 2026-12-13'],
])('a certificate that ends at %s is: %s', (end, verdict, words) => {
  const chain = [
    { validFrom: at('2026-11-01T00:00:00Z'), validTo: at('2027-11-01T00:00:00Z') },
    { validFrom: at('2026-11-01T00:00:00Z'), validTo: at(end) },
  ];
  const finding = judgeCertificates('certificates', 'a.pem', chain, now);
  expect([finding.verdict, finding.message]).toEqual([verdict, `a.pem ${words}`]);
});

test('a certificate of tomorrow is a problem', () => {
  const chain = [{ validFrom: at('2026-11-29T00:00:00Z'), validTo: at('2027-11-01T00:00:00Z') }];
  expect(judgeCertificates('certificates', 'a.pem', chain, now).verdict).toBe('problem');
});

const fresh = { ...emptyStatus, updatedAt: '2026-11-28T11:59:55.000Z' };
const daily = { dailyAtMinutes: 3 * 60 };
const today = '2026-11-28T03:00:10.000Z';
const yesterday = '2026-11-27T03:00:10.000Z';

test.each([
  ['none', null, fresh, 'problem', 'there is no backup'],
  ['of today', today, fresh, 'ok', `the newest is of ${today}`],
  ['of yesterday', yesterday, fresh, 'problem', 'older than the schedule'],
  ['of today, and no server runs', today, emptyStatus, 'warning', 'no server archives now'],
  [
    ...(['of today, and WAL cannot be archived', today] as const),
    { ...fresh, failingSince: '2026-11-28T11:00:00.000Z', reason: 'EROFS' },
    ...(['problem', 'since 2026-11-28T11:00:00.000Z (EROFS)'] as const),
  ],
  [
    ...(['of before a gap', today] as const),
    { ...fresh, gapAt: '2026-11-28T04:00:00.000Z' },
    ...(['problem', 'WAL of 2026-11-28T04:00:00.000Z is missing'] as const),
  ],
  [
    ...(['of after a gap', today] as const),
    { ...fresh, gapAt: '2026-11-28T02:00:00.000Z' },
    ...(['ok', 'WAL is archived'] as const),
  ],
] as const)('backups: %s', (_, newestAt, status, verdict, words) => {
  const finding = judgeBackups(daily, newestAt, status, now);
  expect([finding.verdict, finding.message]).toEqual([verdict, expect.stringContaining(words)]);
});

test('a backup of yesterday is in time within an hour of the daily one, and without a schedule', () => {
  const soon = Date.parse('2026-11-28T03:50:00Z');
  expect(
    judgeBackups(daily, yesterday, { ...fresh, updatedAt: new Date(soon).toISOString() }, soon),
  ).toMatchObject({
    verdict: 'ok',
  });
  expect(judgeBackups({ dailyAtMinutes: null }, yesterday, fresh, now).verdict).toBe('ok');
});
