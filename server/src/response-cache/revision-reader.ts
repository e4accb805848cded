import type { Db } from '../db/schema.ts';
import { withDeadline } from '../platform/deadline.ts';
import { findRevisions, type Revisions } from '../writes/revisions.ts';

/** A number that means something in its epoch only. */
export interface UserRevision {
  epoch: string;
  /** 0 of a user that nothing was ever stored of. */
  revision: bigint;
}

export const isSameRevision = (a: UserRevision, b: UserRevision): boolean =>
  a.revision === b.revision && a.epoch === b.epoch;

/**
 * A user's revision at some moment after the call: every write that was acknowledged before the call, by any instance,
 * is in it. Rejects after 2 s when the database does not answer.
 */
export type GetRevision = (userId: string) => Promise<UserRevision>;

/**
 * While one is under way others may begin, but not sooner after it: close by, it is back before, and carries the more.
 */
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
 * Reads for many callers in one statement. Nobody joins a statement that has begun: what it sees may be older than the
 * call. Callers collect for the next one while one is under way, for a millisecond at most if it takes longer, or until
 * the requests that have arrived are all read.
 */
export function createRevisionReader(db: Db, findAll = findRevisions): GetRevision {
  let runningCount = 0;
  let nextBatch: Batch | null = null;

  function openBatch(): Batch {
    const { promise, resolve } = Promise.withResolvers<Revisions>();
    const deadline = performance.now() + timeoutMs;
    const batch = { userIds: new Set<string>(), deadline, revisions: promise, resolve: resolve };
    if (runningCount === 0) setImmediate(startNextBatch);
    else setTimeout(() => nextBatch === batch && startNextBatch(), batchIntervalMs);
    return batch;
  }

  function startNextBatch(): void {
    if (nextBatch === null || runningCount >= maxConcurrentStatements) return;
    const { userIds, deadline, resolve: begin } = nextBatch;
    nextBatch = null;
    runningCount += 1;
    // From the time of collecting on: whoever waited for a statement that hung does not wait as long again.
    const leftMs = Math.max(0, deadline - performance.now());
    const found = withDeadline(findAll(db, [...userIds]), leftMs);
    begin(
      found.finally(() => {
        runningCount -= 1;
        startNextBatch();
      }),
    );
  }

  return async (userId) => {
    nextBatch ??= openBatch();
    nextBatch.userIds.add(userId);
    const { epoch, byUser } = await nextBatch.revisions;
    return { epoch, revision: byUser.get(userId) ?? 0n };
  };
}
