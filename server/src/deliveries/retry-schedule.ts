const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** The pause after the first failed attempt, after the second, and so on. The last one is repeated. */
const pausesMs = [
  minuteMs / 2,
  ...[1, 2, 4, 8, 16, 32].map((minutes) => minutes * minuteMs),
  ...[1, 2, 4].map((hours) => hours * hourMs),
];
/** Spreads the attempts of deliveries that failed together. */
const jitter = 0.1;
/** A delivery is given up this long after it was made. */
export const retryPeriodMs = 24 * hourMs;

/**
 * When a delivery is tried again. The last attempt is at the end of the retry period. Times are ms since 1970.
 * @param attempts how many have failed
 * @param firstMs when the delivery was made
 * @param random from 0 to 1
 * @returns null: not again
 */
export function nextTryMs(attempts: number, firstMs: number, nowMs: number, random: number): number | null {
  const endMs = firstMs + retryPeriodMs;
  const pauseMs = pausesMs[Math.min(attempts, pausesMs.length) - 1] ?? hourMs;
  if (nowMs >= endMs) return null;
  return Math.min(endMs, Math.round(nowMs + pauseMs * (1 - jitter + 2 * jitter * random)));
}
