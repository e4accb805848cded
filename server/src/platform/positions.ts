import { generateKeyBetween, generateNKeysBetween } from 'fractional-indexing';

/**
 * Manual order: positions are fractional keys in base 62, compared by code point. Items of the same position are in the
 * order of their ids. A move writes one position, unless it would be too long: then those around it are written too.
 */

export interface Positioned {
  id: string;
  position: string;
}

/** No position is longer. */
export const maxPositionLength = 64;

/** A longer one starts a rebalance. */
const maxLengthByMove = 60;

/** A rebalance takes the smallest range of items in which no position is longer than that. */
const maxLengthByRebalance = 24;

/** A move writes the positions of at most so many other items. */
export const maxRebalanced = 512;

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** The first letter of keys whose integer has seven digits, and of those with eight, from the year 2081 on. */
const [sevenDigits, eightDigits] = ['g', 'h'];

/**
 * The position of a new item: after all that were created before. `duly.first_position` gives the same for a row
 * without a position.
 * @param timeMs since 1970
 * @param ordinal of items created at once, 0 to 3,720
 */
export function positionOfTime(timeMs: number, ordinal = 0): string {
  const integer = toDigits(timeMs, digits.length, 0).padStart(7, '0');
  // Digits from 1 on, because a fraction never ends with 0.
  const fraction = ordinal === 0 ? '' : toDigits(ordinal, digits.length - 1, 1).padStart(2, '1');
  return `${integer.length === 7 ? sevenDigits : eightDigits}${integer}${fraction}`;
}

function toDigits(value: number, base: number, firstDigit: number): string {
  const rest = Math.floor(value / base);
  return (rest === 0 ? '' : toDigits(rest, base, firstDigit)) + digits.charAt((value % base) + firstDigit);
}

export interface Placement {
  position: string;
  /** Siblings that get other positions. */
  rebalanced: Positioned[];
}

/**
 * The position of an item between two siblings.
 * @param siblings in order, without the item: all, or the `maxRebalanced` nearest on each side of the index
 * @param index of the sibling that follows it; `siblings.length` for none
 * @returns null when no position is short enough: after some 20,000 moves to one place, at the worst.
 */
export function placeAmong(siblings: readonly Positioned[], index: number): Placement | null {
  const [before, after] = [siblings[index - 1]?.position ?? null, siblings[index]?.position ?? null];
  if (isGap(before, after)) {
    const position = generateKeyBetween(before, after);
    if (position.length <= maxLengthByMove) return { position, rebalanced: [] };
  }
  return rebalance(siblings, index);
}

/** Spreads positions evenly over the siblings around the index: over twice as many, until positions are short. */
function rebalance(siblings: readonly Positioned[], index: number): Placement | null {
  for (let size = 16; ; size *= 2) {
    const isLast = size >= maxRebalanced || size >= siblings.length;
    const from = Math.max(0, Math.min(index - size / 2, siblings.length - size));
    const range = siblings.slice(from, from + size);
    const [before, after] = [siblings[from - 1]?.position ?? null, siblings[from + size]?.position ?? null];
    const keys = isGap(before, after) ? generateNKeysBetween(before, after, range.length + 1) : [];
    const longest = Math.max(...keys.map((key) => key.length));
    if (keys.length > 0 && longest <= (isLast ? maxPositionLength : maxLengthByRebalance)) {
      const [position = ''] = keys.splice(index - from, 1);
      const rebalanced = range.map(({ id }, at) => ({ id, position: keys[at] ?? '' }));
      return { position, rebalanced };
    }
    if (isLast) return null;
  }
}

/** Items of equal positions leave none between them. */
const isGap = (before: string | null, after: string | null): boolean =>
  before === null || after === null || before < after;
