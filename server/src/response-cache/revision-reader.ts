import { retryRead } from '../db/retry-read.ts';
import type { Db } from '../db/schema.ts';
import { withDeadline } from '../platform/deadline.ts';
import { findRevisions, type Revisions } from '../writes/revisions.ts';

/** Revisions of different epochs cannot be compared. */
export interface UserRevision {
  epoch: string;
  /** 0 for a user without rows. */
  revision: bigint;
}

export const isSameRevision = (a: UserRevision, b: UserRevision): boolean =>
  a.revision === b.revision && a.epoch === b.epoch;

/**
 * A user's revision at some moment after the call. It includes every write that any instance acknowledged before the
 * call. Rejects after 2 s without a response from the database.
 */
export type GetRevision = (userId: string) => Promise<UserRevision>;

/** While a statement runs, the next one starts after this time at the latest, unless the maximum is running. */
const batchIntervalMs = 1;
const maxConcurrentStatements = 4;
const timeoutMs = 2_000;

interface Batch {
  userIds: Set<string>;
  deadline: number;
  revisions: Promise<Revisions>;
  resolve(found: Promise<Revisions>): void;
}

/**
 * Reads the revisions of many callers in one statement. No caller joins a statement that has started: its snapshot may
 * be older than the call. Callers wait for the next statement until a running one ends, at most 1 ms unless four are
 * running. If none runs, they wait until this turn of the event loop has read all requests that have arrived.
 */
export function createRevisionReader(db: Db, findAll = findRevisions): GetRevision {
  let runningCount = 0;
  let nextBatch: Batch | null = null;

  function openBatch(): Batch {
    const { promise, resolve } = Promise.withResolvers<Revisions>();
    const deadline = performance.now() + timeoutMs;
    const batch = { userIds: new Set<string>(), deadline, revisions: promise, resolve };
    if (runningCount === 0) setImmediate(startNextBatch);
    else setTimeout(() => nextBatch === batch && startNextBatch(), batchIntervalMs);
    return batch;
  }

  function startNextBatch(): void {
    if (nextBatch === null || runningCount >= maxConcurrentStatements) return;
    const { userIds, deadline, resolve } = nextBatch;
    nextBatch = null;
    runningCount += 1;
    // The deadline counts from the first caller's call: the wait for a statement that hangs is part of it.
    const leftMs = Math.max(0, deadline - performance.now());
    const found = withDeadline(
      retryRead(() => findAll(db, [...userIds])),
      leftMs,
    );
    resolve(
      found.finally(() => {
        runningCount -= 1;
        startNextBatch();
      }),
    );
  }

  // Every read calls it: `async` would add a promise to each.
  return (userId) => {
    nextBatch ??= openBatch();
    nextBatch.userIds.add(userId);
    return nextBatch.revisions.then(({ epoch, byUser }) => ({ epoch, revision: byUser.get(userId) ?? 0n }));
  };
}
