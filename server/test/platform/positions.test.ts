import { describe, expect, test } from 'vitest';
import {
  maxPositionLength,
  maxRebalanced,
  type Positioned,
  placeAmong,
  positionOfTime,
} from '../../src/platform/positions.ts';

const time = Date.UTC(2026, 10, 27);

/** Inserts items at the indexes that `indexOf` gives, and checks the order at the end. */
function moveTimes(count: number, indexOf: (length: number, newest: number, move: number) => number) {
  const items: Positioned[] = [0, 1].map((at) => ({ id: `${at}`, position: positionOfTime(time + at) }));
  let written = 0;
  let newest = 0;
  for (let move = 0; move < count; move += 1) {
    const index = indexOf(items.length, newest, move);
    const from = Math.max(0, index - maxRebalanced);
    const placed = placeAmong(items.slice(from, index + maxRebalanced), index - from);
    if (placed === null) throw new Error(`no position for move ${move}`);
    expect(placed.rebalanced.length).toBeLessThanOrEqual(maxRebalanced);
    const positions = new Map(placed.rebalanced.map(({ id, position }) => [id, position]));
    for (const item of items.slice(from, index + maxRebalanced))
      item.position = positions.get(item.id) ?? item.position;
    items.splice(index, 0, { id: `n${move}`, position: placed.position });
    written += placed.rebalanced.length;
    newest = index;
  }
  const positions = items.map(({ position }) => position);
  expect(positions).toEqual([...new Set(positions)].sort());
  return { longest: Math.max(...positions.map(({ length }) => length)), writtenPerMove: written / count };
}

describe('10,000 moves to one place keep positions in order and at most 64 characters long', () => {
  test.each([
    ['after the first', () => 1],
    ['before the last', (length: number) => length - 1],
    ['after the newest', (_: number, newest: number) => newest + 1],
    [
      'on either side of the newest in turn',
      (_: number, newest: number, move: number) => newest + (move % 2),
    ],
  ])('%s', (_name, indexOf) => {
    const { longest, writtenPerMove } = moveTimes(10_000, indexOf);
    expect(longest).toBeLessThanOrEqual(maxPositionLength);
    expect(writtenPerMove).toBeLessThan(3);
  });

  test('the start and the end need no rebalance', () => {
    expect(moveTimes(10_000, () => 0)).toEqual({ longest: 8, writtenPerMove: 0 });
    expect(moveTimes(10_000, (length) => length)).toEqual({ longest: 8, writtenPerMove: 0 });
  });
});

test('items of one position can be told apart after a move between them', () => {
  const twins = ['a', 'b'].map((id) => ({ id, position: positionOfTime(time) }));
  const placed = placeAmong(twins, 1);
  const [first, second] = placed?.rebalanced ?? [];
  const order = [first?.position, placed?.position, second?.position];
  expect([...order].sort()).toEqual(order);
  expect(new Set(order).size).toBe(3);
});

test('a place that no range makes room for has no position', () => {
  const tight = 'g'.padEnd(8, '0');
  const siblings = Array.from({ length: 2 * maxRebalanced }, (_, at) => ({ id: `${at}`, position: tight }));
  expect(placeAmong(siblings, maxRebalanced)).toBeNull();
});

test('new items come in the order of their creation, in the year 2081 too', () => {
  const times = [0, 1, 61, 62, time, time + 1, 62 ** 7 - 1, 62 ** 7, 62 ** 7 + 1];
  const positions = times.flatMap((at) => [0, 1, 61, 62, 3720].map((ordinal) => positionOfTime(at, ordinal)));
  expect([...positions].sort()).toEqual(positions);
  expect(new Set(positions).size).toBe(positions.length);
  for (const [index, position] of positions.entries())
    expect(
      placeAmong(
        positions.map((p, at) => ({ id: `${at}`, position: p })),
        index,
      )?.position,
      position,
    ).not.toBeNull();
});
