import type { Logger } from 'pino';
import type { AuditCounts } from '../audit/counts.ts';
import type { AuditOrigin } from '../audit/origin.ts';
import type { ErasureSettings } from '../config/erasure.ts';
import type { Db } from '../db/schema.ts';
import { createConcurrencyLimiter } from '../platform/concurrency-limiter.ts';
import { beginErasure, type ErasureAction, finishErasure } from './erase.ts';

/** Erasures that requests ask for. */
export interface Erasures {
  /**
   * Returns when nobody gets in any more. The content is deleted meanwhile; the job of that name finishes what a killed
   * process leaves.
   * @throws AppError NOT_FOUND
   */
  erase(userId: string, origin: AuditOrigin, action: ErasureAction): Promise<void>;
  /** Waits for the batch that is under way. */
  close(): Promise<void>;
}

interface ErasureSources {
  db: Db;
  log: Logger;
  settings: ErasureSettings;
  auditCounts: Pick<AuditCounts, 'flush'>;
}

export function createErasures({ db, log, settings, auditCounts }: ErasureSources): Erasures {
  const stopping = new AbortController();
  /** One at a time: each keeps a connection busy. */
  const limiter = createConcurrencyLimiter(1, Number.POSITIVE_INFINITY);
  const running = new Set<Promise<void>>();

  async function finish(userId: string): Promise<void> {
    try {
      await limiter(() => finishErasure(db, userId, settings, stopping.signal));
    } catch (error) {
      // Without the user's id: nothing of the user may be in the log.
      log.warn({ reason: String(error) }, 'an erasure is interrupted; a job goes on with it');
    }
  }

  return {
    async erase(userId, origin, action) {
      await beginErasure(db, userId, origin, action);
      // What was counted of the user has to be stored before its details are erased.
      await auditCounts.flush();
      const work = finish(userId).finally(() => running.delete(work));
      running.add(work);
    },
    async close() {
      stopping.abort();
      await Promise.all(running);
    },
  };
}
