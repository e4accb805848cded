import type { CursorScope } from '../db/cursors.ts';
import type { Db } from '../db/schema.ts';
import type { AppError } from '../platform/errors.ts';
import type { ChangeNotifier } from './change-notifier.ts';
import type { Change, ChangeListQuery } from './model.ts';
import { decodeFeedCursor, encodeFeedCursor, feedCursorScope, feedStart } from './position.ts';
import { findChanges } from './queries.ts';
import type { Subscriptions } from './subscriptions.ts';

export interface ChangePage {
  changes: Change[];
  /** Cursor behind the last of them. */
  next: string;
  hasMore: boolean;
}

type ChangePageRequest = Pick<ChangeListQuery, 'since' | 'limit'>;

/**
 * What changed since a cursor.
 * @throws AppError VALIDATION_ERROR, CURSOR_EXPIRED
 */
export async function readChanges(
  db: Db,
  secrets: CursorScope['secrets'],
  userId: string,
  { since, limit }: ChangePageRequest,
): Promise<ChangePage> {
  const scope = feedCursorScope(secrets, userId);
  const position = since === undefined ? feedStart : decodeFeedCursor(since, scope);
  const { changes, next, hasMore } = await findChanges(db, userId, position, limit);
  return { changes, next: encodeFeedCursor(next, scope), hasMore };
}

interface LongPoll {
  userId: string;
  authorization: readonly string[];
  timeoutMs: number;
  /** Aborted when nobody is there any more for an answer. */
  signal: AbortSignal;
}

/**
 * What `read` gives as soon as it is something, or after the wait. Between looks nothing is held of the database.
 * @throws AppError UNAUTHORIZED, SERVICE_LOCKED, RATE_LIMITED; SERVICE_UNAVAILABLE when the server closes
 */
export async function waitForChanges(
  subscriptions: Subscriptions,
  notifier: ChangeNotifier,
  { userId, authorization, timeoutMs: waitMs, signal }: LongPoll,
  read: () => Promise<ChangePage>,
): Promise<ChangePage> {
  const ended = Promise.withResolvers<never>();
  // It may end while nobody waits for that.
  ended.promise.catch(() => undefined);
  const subscription = await subscriptions.subscribe({
    userId,
    authorization,
    end: (reason: AppError) => ended.reject(reason),
  });
  const over = Promise.withResolvers<void>();
  let isOver = false;
  const finish = () => {
    isOver = true;
    over.resolve();
  };
  const timer = setTimeout(finish, waitMs);
  signal.addEventListener('abort', finish);
  if (signal.aborted) finish();
  let woken = Promise.withResolvers<void>();
  const unwatch = notifier.watch(userId, () => woken.resolve());
  try {
    for (;;) {
      woken = Promise.withResolvers();
      const found = await read();
      if (hasChanges(found) || isOver) {
        await subscription.checkToken();
        return found;
      }
      await Promise.race([woken.promise, over.promise, ended.promise]);
    }
  } finally {
    unwatch();
    clearTimeout(timer);
    signal.removeEventListener('abort', finish);
    subscription.unsubscribe();
  }
}

export const hasChanges = ({ changes, hasMore }: ChangePage): boolean => changes.length > 0 || hasMore;
