import type { Logger } from 'pino';
import type { Quota } from '../config/limits.ts';
import type { WindowCount } from './sliding-windows.ts';

/** One counter to take from. */
export interface CounterTarget {
  /** The limit and what it counts by. */
  key: string;
  quota: Quota;
}

/** Counters that processes share. Every function rejects, soon, when they do not answer. */
export interface SharedCounters {
  /** False for a while after a failure: not worth asking. */
  readonly isAvailable: boolean;
  take(claims: readonly CounterTarget[]): Promise<WindowCount[]>;
  /** Keeps a mark for some time. */
  mark(key: string, seconds: number): Promise<void>;
  isMarked(key: string): Promise<boolean>;
  /** Waits, not long, for the first connection. */
  open(): Promise<void>;
  close(): void;
}

export const counterTimeoutMs = 100;
/** How long after a failure requests count here before one of them asks again. */
export const retryMs = 1_000;

/** Remembers whether shared counters answer, and says so once each time that changes. */
export function createCircuitBreaker(
  messages: { away: string; back: string },
  log: Logger,
  onFailure: (error: unknown) => void = () => undefined,
) {
  let isOpen = false;
  let retryAt = 0;
  return {
    get isThere() {
      return !isOpen || performance.now() >= retryAt;
    },
    async ask<T>(call: () => Promise<T>): Promise<T> {
      // One question at a time finds out whether they are back; the others go on without.
      retryAt = performance.now() + retryMs;
      try {
        const answer = await call();
        if (isOpen) log.info(messages.back);
        isOpen = false;
        return answer;
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        if (!isOpen) log.warn({ reason }, messages.away);
        isOpen = true;
        retryAt = performance.now() + retryMs;
        onFailure(error);
        throw error;
      }
    },
  };
}

/**
 * Reads the counts of so many claims, three numbers each: 1 or 0 for allowed or not, the number used, when it is reset.
 */
export function parseCounts(numbers: readonly number[], length: number): WindowCount[] {
  if (numbers.length !== length * 3) throw new TypeError('an answer of another form');
  return Array.from({ length }, (_, index) => {
    const [allowed, used = 0, resetMs = 0] = numbers.slice(index * 3);
    return { allowed: allowed === 1, used, resetMs };
  });
}
