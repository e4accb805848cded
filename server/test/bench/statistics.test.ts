import { expect, test } from 'vitest';
import { alternate, median, medianRatio, meets, percentile } from '../../bench/statistics.ts';

test.each([
  [[3], 3],
  [[9, 1, 2], 2],
  [[4, 1, 3, 2], 2.5],
  [[10, 1], 5.5],
  [[], Number.NaN],
])('the median of %j is %d', (values, expected) => {
  expect(median(values)).toBe(expected);
});

test('a percentile is the nearest rank, and leaves the values as they are', () => {
  const values = [5, 1, 4, 2, 3];
  expect([0, 0.2, 0.5, 0.95, 1].map((share) => percentile(values, share))).toEqual([1, 1, 3, 5, 5]);
  expect(values).toEqual([5, 1, 4, 2, 3]);
  expect(percentile([], 0.5)).toBeNaN();
});

test('the ratio of two candidates is the median of their rounds', () => {
  expect(medianRatio([2, 9, 8], [1, 3, 2])).toBe(3);
  expect(medianRatio([2, 9], [1, 3])).toBe(2.5);
});

test.each([
  [1, '≥ 1', true],
  [0.99, '≥ 1', false],
  [100, '< 100', false],
  [1.5, '≤ 1.5', true],
  [0, '0', true],
  [1, '0', false],
  [0.1, '', true],
])('%d meets "%s": %s', (value, wanted, expected) => {
  expect(meets(value, wanted)).toBe(expected);
});

test('each candidate runs once a round, and rounds alternate in order', async () => {
  const order: string[] = [];
  const candidates = ['a', 'b', 'c'].map((name) => ({ name, run: async () => order.push(name) }));
  const results = await alternate(candidates, 3);
  expect(order.join('')).toBe('abccbaabc');
  expect(results.get('b')).toEqual([2, 5, 8]);
});
