import type { Client } from 'pg';
import type { Logger } from 'pino';
import { withDeadline } from '../platform/deadline.ts';
import { type CircuitBreaker, createDatabaseBreaker } from './circuit-breaker.ts';
import { createHostSelector, type DatabaseConnection } from './hosts.ts';
import {
  createSilenceDetector,
  findDeadBackends,
  isAnswer,
  type SilenceDetector,
} from './silence-detector.ts';

/** How long a database may take to answer a probe. */
const probeTimeoutMs = 1_000;

/** Keeps requests from waiting for a database that does not answer: nobody waits for it longer than 3 s. */
export interface PoolGuard {
  breaker: CircuitBreaker;
  silence: Pick<SilenceDetector, 'begin' | 'end'>;
}

/** The breaker opens at the first silence, and all connections on which something is waited for are closed. */
export function createPoolGuard(connection: DatabaseConnection, log: Logger): PoolGuard {
  const findHost = () => createHostSelector(connection).select();
  async function probe(): Promise<void> {
    try {
      await withDeadline(
        findHost().then((host) => findDeadBackends(host, [])),
        probeTimeoutMs,
      );
    } catch (error) {
      if (!isAnswer(error)) throw error;
    }
  }
  const breaker = createDatabaseBreaker(probe, log);
  const silence = createSilenceDetector({
    findHost,
    onSilence() {
      breaker.open('it sends nothing, and takes no new connection');
      silence.dropWaiting();
    },
  });
  return { breaker, silence };
}

/** For work that may take as long as it likes, and for a replica, in whose place the primary reads. */
export const noGuard: PoolGuard = {
  breaker: {
    check: () => undefined,
    race: (work) => work,
    noteConnected: () => undefined,
    noteFailure: () => undefined,
    open: () => undefined,
    end: () => undefined,
    stats: () => ({ isOpen: false, openings: 0 }),
  },
  silence: { begin: () => undefined, end: (_client: Client) => undefined },
};
