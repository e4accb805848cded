import { LRUCache } from 'lru-cache';
import type { LimitSettings } from '../config/limits.ts';
import { entryLimit } from '../platform/lru.ts';
import { knownAddressSeconds, limitTable, maxCounters, maxKnownAddresses } from './rate-limits.ts';
import { createSlidingWindows, type SlidingWindows } from './sliding-windows.ts';

/** All counter operations of one turn of a worker's event loop. */
export interface CounterRequest {
  id: number;
  /** Counters to increment, each as `limitId:key`. */
  take: string[];
  /** Marks to set: pairs of account and IP address. */
  mark: string[];
  /** Marks to look up. */
  isMarked: string[];
}

export interface CounterReply {
  id: number;
  /** Three numbers for each counter, as `parseCounts` reads them. */
  counts: number[];
  /** One for each of `isMarked`. */
  marked: boolean[];
}

export const createKnownAddresses = () =>
  new LRUCache<string, true>({ ...entryLimit(maxKnownAddresses), ttl: knownAddressSeconds * 1000 });

/**
 * The counters and known addresses that workers share, in the memory of the primary process.
 * @throws Error for a limit that is off in `settings`.
 */
export function createMemoryCounters(settings: LimitSettings): (request: CounterRequest) => CounterReply {
  const limits = new Map<string, SlidingWindows>();
  for (const [id, { quota }] of Object.entries(limitTable(settings))) {
    // `account` is never taken: it reads the counter of `hardLimit`.
    if (quota !== null && id !== 'account') limits.set(id, createSlidingWindows(quota, maxCounters));
  }
  const knownAddresses = createKnownAddresses();

  function take(key: string): number[] {
    const colon = key.indexOf(':');
    const windows = limits.get(key.slice(0, colon));
    if (windows === undefined) throw new Error('a worker counts by a limit that is off');
    const { allowed, used, resetMs } = windows.take(key.slice(colon + 1));
    return [allowed ? 1 : 0, used, Math.ceil(resetMs)];
  }

  return ({ id, take: keys, mark, isMarked }) => {
    for (const key of mark) knownAddresses.set(key, true);
    return { id, counts: keys.flatMap(take), marked: isMarked.map((key) => knownAddresses.has(key)) };
  };
}
