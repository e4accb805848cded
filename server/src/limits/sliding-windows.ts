import { LRUCache } from 'lru-cache';
import type { Quota } from '../config/limits.ts';

/**
 * A window slides on by tenths: after a full one, callers get a tenth's worth of their requests back at a time, not all
 * at once.
 */
export const slotsPerWindow = 10;

/** What one limit says to one request. */
export interface WindowCount {
  allowed: boolean;
  /** How many requests count, this one included unless it is refused. */
  used: number;
  /** When the oldest of them stop to count: after that much time at the latest a refused caller is served again. */
  resetMs: number;
}

interface Counter {
  startMs: number;
  /** The tenth of the newest request, from `startMs` on. */
  tenth: number;
  used: number;
  /** Requests of the last ten tenths, by tenth modulo ten. */
  counts: number[];
}

export interface SlidingWindows {
  take(key: string, nowMs?: number): WindowCount;
  /** How many counters there are. */
  readonly size: number;
}

const newCounter = (nowMs: number): Counter => ({
  startMs: nowMs,
  tenth: 0,
  used: 0,
  counts: new Array<number>(slotsPerWindow).fill(0),
});

/**
 * Counts requests by key in a sliding window, in this process. The window of a key begins with its first request, so
 * that a quota is met to the request; refused requests do not count, so that waiting helps whoever goes on trying.
 */
export function createSlidingWindows({ requests, seconds }: Quota, max: number): SlidingWindows {
  const counters = new LRUCache<string, Counter>({ max });
  const tenthMs = (seconds * 1000) / slotsPerWindow;

  function counterOf(key: string, nowMs: number): Counter {
    const known = counters.get(key);
    if (known !== undefined) dropExpired(known, Math.floor((nowMs - known.startMs) / tenthMs));
    if (known !== undefined && known.used > 0) return known;
    const counter = newCounter(nowMs);
    counters.set(key, counter);
    return counter;
  }

  return {
    take(key, nowMs = performance.now()) {
      const counter = counterOf(key, nowMs);
      const allowed = counter.used < requests;
      if (allowed) {
        const index = counter.tenth % slotsPerWindow;
        counter.counts[index] = (counter.counts[index] ?? 0) + 1;
        counter.used += 1;
      }
      const untilMs = counter.startMs + (oldestTenth(counter) + slotsPerWindow) * tenthMs - nowMs;
      // Fractions of a millisecond add up to more than there is.
      const resetMs = Math.min(untilMs, seconds * 1000);
      return { allowed, used: counter.used, resetMs };
    },
    get size() {
      return counters.size;
    },
  };
}

/** Moves on to `tenth`, and drops what has left the window. */
function dropExpired(counter: Counter, tenth: number): void {
  for (let passed = counter.tenth + 1; passed <= tenth && counter.used > 0; passed += 1) {
    const index = passed % slotsPerWindow;
    counter.used -= counter.counts[index] ?? 0;
    counter.counts[index] = 0;
  }
  counter.tenth = tenth;
}

function oldestTenth({ tenth, counts }: Counter): number {
  let found = Math.max(0, tenth - slotsPerWindow + 1);
  while (found < tenth && counts[found % slotsPerWindow] === 0) found += 1;
  return found;
}
