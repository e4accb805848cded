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
export type RevisionOf = (userId: string) => Promise<UserRevision>;

/**
 * While one is under way others may begin, but not sooner after it: close by, it is back before, and carries the more.
 */
const spacingMs = 1;
const statementsAtATime = 4;
const answerWithinMs = 2_000;

interface Batch {
  userIds: Set<string>;
  deadline: number;
  found: Promise<Revisions>;
  begin(found: Promise<Revisions>): void;
}

/**
 * Reads for many callers in one statement. Nobody joins a statement that has begun: what it sees may be older than the
 * call. Callers collect for the next one while one is under way, for a millisecond at most if it takes longer, or until
 * the requests that have arrived are all read.
 */
export function createRevisionReader(db: Db, find = findRevisions): RevisionOf {
  let underWay = 0;
  let next: Batch | null = null;

  function collect(): Batch {
    const { promise, resolve } = Promise.withResolvers<Revisions>();
    const deadline = performance.now() + answerWithinMs;
    const batch = { userIds: new Set<string>(), deadline, found: promise, begin: resolve };
    if (underWay === 0) setImmediate(beginNext);
    else setTimeout(() => next === batch && beginNext(), spacingMs);
    return batch;
  }

  function beginNext(): void {
    if (next === null || underWay >= statementsAtATime) return;
    const { userIds, deadline, begin } = next;
    next = null;
    underWay += 1;
    // From the time of collecting on: whoever waited for a statement that hung does not wait as long again.
    const leftMs = Math.max(0, deadline - performance.now());
    const found = withDeadline(find(db, [...userIds]), leftMs);
    begin(
      found.finally(() => {
        underWay -= 1;
        beginNext();
      }),
    );
  }

  return async (userId) => {
    next ??= collect();
    next.userIds.add(userId);
    const { epoch, byUser } = await next.found;
    return { epoch, revision: byUser.get(userId) ?? 0n };
  };
}
