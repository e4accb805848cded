import { expect, test } from 'vitest';
import { nextTryMs, retryPeriodMs } from '../../src/deliveries/retry-schedule.ts';

const firstMs = Date.parse('2026-11-21T08:00:00Z');
const minutesSince = (ms: number) => (ms - firstMs) / 60_000;

/** When a delivery is tried whose attempts all fail at once, in minutes after the first. */
function triesOf(random: number): number[] {
  const tries = [firstMs];
  for (;;) {
    const next = nextTryMs(tries.length, firstMs, tries.at(-1) ?? 0, random);
    if (next === null) return tries.map(minutesSince);
    tries.push(next);
  }
}

test('24 hours of failed attempts, by a fake clock: the pauses of the documentation', () => {
  expect(triesOf(0.5)).toEqual([
    ...[0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5, 63.5],
    ...[123.5, 243.5, 483.5, 723.5, 963.5, 1203.5, 1440],
  ]);
});

test('jitter is 10 % at most, and the last attempt is at the end of the period in any case', () => {
  for (const random of [0, 0.25, 0.75, 1]) {
    const tries = triesOf(random);
    expect(tries.at(-1)).toBe(minutesSince(firstMs + retryPeriodMs));
    expect((tries[1] ?? 0) / 0.5).toBeCloseTo(0.9 + 0.2 * random);
  }
});

test('a delivery that could not be tried until the period was over fails at its next attempt', () => {
  expect(nextTryMs(1, firstMs, firstMs + retryPeriodMs, 0.5)).toBeNull();
});
