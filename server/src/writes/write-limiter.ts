import type { Db } from '../db/schema.ts';
import { createKeyedConcurrencyLimiter } from '../platform/concurrency-limiter.ts';

/** Two, for writes that read nothing: one waits for the row lock while the other commits. */
const maxConcurrentPerUser = 2;
const maxQueuedPerUser = 1_000;

const limiters = new WeakMap<Db, ReturnType<typeof createKeyedConcurrencyLimiter>>();

/**
 * Writes of one user wait for each other here, without a connection, so that a user with many writes leaves the pool to
 * others. A write that reads runs alone: another one would raise the revision that it has read.
 */
export function limitUserWrites<T>(
  db: Db,
  userId: string,
  isReading: boolean,
  work: () => Promise<T>,
): Promise<T> {
  const limiter = limiters.get(db) ?? createKeyedConcurrencyLimiter(maxConcurrentPerUser, maxQueuedPerUser);
  limiters.set(db, limiter);
  return limiter(userId, work, isReading ? maxConcurrentPerUser : 1);
}
