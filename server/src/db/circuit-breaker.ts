import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { errorCodeOf, isConnectionFailure } from './failures.ts';

/** So many connections in a row that cannot be opened open the breaker. */
const maxFailures = 5;
/** While it is open: the pause between two probes. */
const probePauseMs = 250;

/** The breaker is open. The code makes it an error for which `isUnavailableError` holds. */
class BreakerOpenError extends Error {
  override name = 'BreakerOpenError';
  readonly code = 'ETIMEDOUT';
}

/**
 * Refuses work at once while the database does not answer, so that nobody waits for it and nobody floods it when it is
 * back. It opens when the database is silent, or when connections keep failing. Then one probe at a time asks the
 * database; the first success closes the breaker.
 */
export interface CircuitBreaker {
  /** @throws BreakerOpenError while it is open */
  check(): void;
  /** Resolves as `work` does, or rejects when the breaker opens. The work itself goes on. */
  race<T>(work: Promise<T>): Promise<T>;
  noteConnected(): void;
  noteFailure(error: unknown): void;
  /** @param reason for the log */
  open(reason: string): void;
  /** Ends the probes. */
  end(): void;
  stats(): { isOpen: boolean; openings: number };
}

/** @param probe rejects while the database does not answer */
export function createDatabaseBreaker(probe: () => Promise<void>, log: Logger): CircuitBreaker {
  let failures = 0;
  let openings = 0;
  let isEnded = false;
  let isOpen = false;
  /** Rejects the work in progress when the breaker opens. One shared promise would keep all work in memory. */
  const rejects = new Set<(error: Error) => void>();

  function close(): void {
    isOpen = false;
    failures = 0;
    log.info('the database answers again');
  }

  async function probeUntilClosed(): Promise<void> {
    while (!isEnded) {
      await sleep(probePauseMs, undefined, { ref: false });
      if (isEnded) return;
      try {
        await probe();
        close();
        return;
      } catch {
        // The next probe follows.
      }
    }
  }

  function open(reason: string): void {
    if (isOpen || isEnded) return;
    isOpen = true;
    openings += 1;
    log.warn({ reason }, 'the database does not answer: requests get a 503 at once until it does');
    for (const reject of rejects) reject(new BreakerOpenError('the database does not answer'));
    void probeUntilClosed();
  }

  return {
    check() {
      if (isOpen) throw new BreakerOpenError('the database has not answered yet');
    },
    async race(work) {
      const { promise, reject } = Promise.withResolvers<never>();
      rejects.add(reject);
      try {
        return await Promise.race([work, promise]);
      } finally {
        rejects.delete(reject);
      }
    },
    noteConnected() {
      failures = 0;
    },
    noteFailure(error) {
      if (!isConnectionFailure(error) || error instanceof BreakerOpenError) return;
      // No host of the list has the wanted state, which a search mends; or all connections are in use.
      if (errorCodeOf(error) === '08001' || String(error).includes('timeout exceeded')) return;
      failures += 1;
      if (failures >= maxFailures) open(String(error));
    },
    open,
    end() {
      isEnded = true;
    },
    stats: () => ({ isOpen, openings }),
  };
}
