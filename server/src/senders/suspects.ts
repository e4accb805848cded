import { LRUCache } from 'lru-cache';
import { entryLimit } from '../platform/lru.ts';
import type { FailureClass } from './model.ts';

/** How long a failure of a receiver is remembered after its last attempt. */
const memoryMs = 60_000;
const maxSuspects = 10_000;

interface Suspect {
  error: FailureClass;
  isTrying: boolean;
}

/** Failures after which a receiver may keep the next request waiting as well. */
const slowFailures: readonly FailureClass[] = ['timeout', 'connection', 'dns'];

/**
 * Receivers that did not answer the last time. Each gets one request at a time until it answers one; others fail at
 * once, to be tried again later. So a dead receiver takes one place of those who send, however much is sent to it.
 */
export function createSuspects() {
  const suspects = new LRUCache<string, Suspect>({ ...entryLimit(maxSuspects), ttl: memoryMs });
  return {
    /** @returns why nothing is sent to the origin now; null: something may be */
    refusal(origin: string): FailureClass | null {
      const suspect = suspects.get(origin);
      if (suspect?.isTrying) return suspect.error;
      if (suspect !== undefined) suspect.isTrying = true;
      return null;
    },
    /** @param error null after an answer */
    record(origin: string, error: FailureClass | null): void {
      if (error !== null && slowFailures.includes(error)) suspects.set(origin, { error, isTrying: false });
      else suspects.delete(origin);
    },
  };
}
