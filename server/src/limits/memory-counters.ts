import { LRUCache } from 'lru-cache';
import type { LimitSettings } from '../config/limits.ts';
import { knownAddressSeconds, limitTable, maxCounters, maxKnownAddresses } from './rate-limits.ts';
import { createSlidingWindows, type SlidingWindows } from './sliding-windows.ts';

/** What a worker asks in one turn of its event loop. */
export interface CounterRequest {
  id: number;
  /** Counters to take from: the limit's key in the table, a colon, what it counts by. */
  take: string[];
  mark: string[];
  isMarked: string[];
}

export interface CounterReply {
  id: number;
  /** For each counter: 1 or 0 for allowed or not, the number used, and when it is reset. */
  counts: number[];
  marked: boolean[];
}

/** Marks that are kept for as long as an address is known to an account. */
export const createKnownAddresses = () =>
  new LRUCache<string, true>({ max: maxKnownAddresses, ttl: knownAddressSeconds * 1000 });

/** The counters and marks that workers share, in the memory of the process that started them. */
export function createMemoryCounters(settings: LimitSettings): (question: CounterRequest) => CounterReply {
  const limits = new Map<string, SlidingWindows>();
  for (const [id, { quota }] of Object.entries(limitTable(settings))) {
    if (quota !== null) limits.set(id, createSlidingWindows(quota, maxCounters));
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
