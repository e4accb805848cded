import { withDeadline } from '../db/deadline.ts';
import type { Db } from '../db/schema.ts';
import { findRevisions } from './queries.ts';

/**
 * A user's revision at some moment after the call: every write that was acknowledged before the call, by any instance,
 * is in it. Rejects after 2 s when the database does not answer.
 */
export type RevisionOf = (userId: string) => Promise<bigint>;

const statementsAtATime = 2;
const answerWithinMs = 2_000;

interface Batch {
  userIds: Set<string>;
  deadline: number;
  found: Promise<Map<string, bigint>>;
  begin(found: Promise<Map<string, bigint>>): void;
}

/**
 * Reads for many callers in one statement. Nobody joins a statement that has begun: what it sees may be older than the
 * call. Callers collect for the next one while two are under way, or until the requests that have arrived are all read.
 */
export function createRevisionReader(db: Db, find = findRevisions): RevisionOf {
  let underWay = 0;
  let next: Batch | null = null;

  function collect(): Batch {
    const { promise, resolve } = Promise.withResolvers<Map<string, bigint>>();
    const deadline = performance.now() + answerWithinMs;
    if (underWay < statementsAtATime) setImmediate(beginNext);
    return { userIds: new Set(), deadline, found: promise, begin: resolve };
  }

  function beginNext(): void {
    if (next === null || underWay >= statementsAtATime) return;
    const { userIds, deadline, begin } = next;
    next = null;
    underWay += 1;
    // From the time of collecting on: whoever waited for a statement that hung does not wait as long again.
    const found = withDeadline(find(db, [...userIds]), deadline - performance.now());
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
    return (await next.found).get(userId) ?? 0n;
  };
}
