import type { Logger } from 'pino';
import type { Quota } from '../config/limits.ts';
import type { WindowCount } from './sliding-windows.ts';

export interface CounterTarget {
  /** `limitId:key`, such as `user:ada`. */
  key: string;
  quota: Quota;
}

/**
 * Counters that several processes share, in Redis or in the primary process. Every function but `open` and `close`
 * rejects after `counterTimeoutMs` without a reply.
 */
export interface SharedCounters {
  /** False for `retryMs` after a failure: count locally. */
  readonly isAvailable: boolean;
  /** Counts one request in each counter. @returns one result for each target, in their order. */
  take(targets: readonly CounterTarget[]): Promise<WindowCount[]>;
  /** Stores that `key` is known, for `seconds` at most. */
  mark(key: string, seconds: number): Promise<void>;
  isMarked(key: string): Promise<boolean>;
  /** Connects. Never rejects: without a connection every process counts for itself. */
  open(): Promise<void>;
  close(): void;
}

export const counterTimeoutMs = 100;
/** How long after a failure requests are counted locally before one of them tries again. */
export const retryMs = 1_000;

/** A circuit breaker that logs each change of state once. While it is open, one call per `retryMs` is allowed. */
export function createCircuitBreaker(
  messages: { unavailable: string; available: string },
  log: Logger,
  onFailure: (error: unknown) => void = () => undefined,
) {
  let isOpen = false;
  let retryAt = 0;
  return {
    get allowsCall() {
      return !isOpen || performance.now() >= retryAt;
    },
    async call<T>(operation: () => Promise<T>): Promise<T> {
      // Moves the next try before this one ends, so that only one call probes an unavailable counter.
      retryAt = performance.now() + retryMs;
      try {
        const result = await operation();
        if (isOpen) log.info(messages.available);
        isOpen = false;
        return result;
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        if (!isOpen) log.warn({ reason }, messages.unavailable);
        isOpen = true;
        retryAt = performance.now() + retryMs;
        onFailure(error);
        throw error;
      }
    },
  };
}

/**
 * Reads three numbers for each of `length` counters: 1 if allowed, else 0; the requests used; `resetMs`.
 * @throws TypeError for another number of them.
 */
export function parseCounts(numbers: readonly number[], length: number): WindowCount[] {
  if (numbers.length !== length * 3) throw new TypeError('an answer of another form');
  return Array.from({ length }, (_, index) => {
    const [allowed, used = 0, resetMs = 0] = numbers.slice(index * 3);
    return { allowed: allowed === 1, used, resetMs };
  });
}
