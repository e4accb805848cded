import { LRUCache } from 'lru-cache';
import type { Quota } from '../config/limits.ts';
import { entryLimit } from '../platform/lru.ts';

/** A window slides by slots: a refused caller gets the requests of one slot back at a time, not all at once. */
export const slotsPerWindow = 10;

export interface WindowCount {
  allowed: boolean;
  /** Requests in the window, with this one unless it is refused. */
  used: number;
  /** Time until the oldest slot leaves the window. A refused caller is served again by then. */
  resetMs: number;
}

interface Counter {
  startMs: number;
  /** Number of the newest request's slot, counted from `startMs`. */
  slot: number;
  used: number;
  /** Requests of the last slots, indexed by slot modulo `slotsPerWindow`. */
  counts: number[];
}

export interface SlidingWindows {
  /** Counts a request. A refused one is not counted. */
  take(key: string, nowMs?: number): WindowCount;
  /** Number of counters in memory. */
  readonly size: number;
}

const newCounter = (nowMs: number): Counter => ({
  startMs: nowMs,
  slot: 0,
  used: 0,
  counts: new Array<number>(slotsPerWindow).fill(0),
});

/**
 * Counts requests by key in a sliding window, in this process. A key's window begins with its first request, so exactly
 * `requests` are allowed in `seconds`. Refused requests do not count, so a client that retries is allowed in the next
 * window.
 * @param max maximum of keys; the least recently used one is evicted first
 */
export function createSlidingWindows({ requests, seconds }: Quota, max: number): SlidingWindows {
  const counters = new LRUCache<string, Counter>(entryLimit(max));
  const slotMs = (seconds * 1000) / slotsPerWindow;

  function currentCounter(key: string, nowMs: number): Counter {
    const existing = counters.get(key);
    if (existing !== undefined) dropExpired(existing, Math.floor((nowMs - existing.startMs) / slotMs));
    if (existing !== undefined && existing.used > 0) return existing;
    const counter = newCounter(nowMs);
    counters.set(key, counter);
    return counter;
  }

  return {
    take(key, nowMs = performance.now()) {
      const counter = currentCounter(key, nowMs);
      const allowed = counter.used < requests;
      if (allowed) {
        const index = counter.slot % slotsPerWindow;
        counter.counts[index] = (counter.counts[index] ?? 0) + 1;
        counter.used += 1;
      }
      const untilMs = counter.startMs + (oldestSlot(counter) + slotsPerWindow) * slotMs - nowMs;
      // Rounding errors of the sum could exceed the window.
      const resetMs = Math.min(untilMs, seconds * 1000);
      return { allowed, used: counter.used, resetMs };
    },
    get size() {
      return counters.size;
    },
  };
}

/** Advances to `slot` and subtracts the slots that have left the window. */
function dropExpired(counter: Counter, slot: number): void {
  for (let next = counter.slot + 1; next <= slot && counter.used > 0; next += 1) {
    const index = next % slotsPerWindow;
    counter.used -= counter.counts[index] ?? 0;
    counter.counts[index] = 0;
  }
  counter.slot = slot;
}

function oldestSlot({ slot, counts }: Counter): number {
  let oldest = Math.max(0, slot - slotsPerWindow + 1);
  while (oldest < slot && counts[oldest % slotsPerWindow] === 0) oldest += 1;
  return oldest;
}
