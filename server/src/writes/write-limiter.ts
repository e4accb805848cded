import type { Db } from '../db/schema.ts';
import { createKeyedConcurrencyLimiter } from '../platform/concurrency-limiter.ts';

/** A second one would find the revision raised by the first, and have to begin again. */
const maxConcurrentPerUser = 1;
const maxQueuedPerUser = 1_000;

const limiters = new WeakMap<Db, ReturnType<typeof createKeyedConcurrencyLimiter>>();

/**
 * Writes of one user wait for each other here, without a connection, so that a user with many writes leaves the pool to
 * others.
 */
export function limitUserWrites<T>(db: Db, userId: string, work: () => Promise<T>): Promise<T> {
  const limiter = limiters.get(db) ?? createKeyedConcurrencyLimiter(maxConcurrentPerUser, maxQueuedPerUser);
  limiters.set(db, limiter);
  return limiter(userId, work);
}
