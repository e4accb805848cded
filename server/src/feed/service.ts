import type { CursorScope } from '../db/cursors.ts';
import type { Db } from '../db/schema.ts';
import type { AppError } from '../platform/errors.ts';
import type { Followers } from './followers.ts';
import type { Change, ChangeListQuery } from './model.ts';
import { beginning, decodePlace, encodePlace, scopeOf } from './place.ts';
import { findChanges } from './queries.ts';
import type { WakeUps } from './wake-ups.ts';

export interface Changes {
  changes: Change[];
  /** Cursor behind the last of them. */
  next: string;
  hasMore: boolean;
}

type Page = Pick<ChangeListQuery, 'since' | 'limit'>;

/**
 * What changed since a cursor.
 * @throws AppError VALIDATION_ERROR, CURSOR_EXPIRED
 */
export async function readChanges(
  db: Db,
  secrets: CursorScope['secrets'],
  userId: string,
  { since, limit }: Page,
): Promise<Changes> {
  const scope = scopeOf(secrets, userId);
  const place = since === undefined ? beginning : decodePlace(since, scope);
  const { changes, next, hasMore } = await findChanges(db, userId, place, limit);
  return { changes, next: encodePlace(next, scope), hasMore };
}

interface Waiting {
  userId: string;
  authorization: readonly string[];
  waitMs: number;
  /** Aborted when nobody is there any more for an answer. */
  signal: AbortSignal;
}

/**
 * What `read` gives as soon as it is something, or after the wait. Between looks nothing is held of the database.
 * @throws AppError UNAUTHORIZED, SERVICE_LOCKED, RATE_LIMITED; SERVICE_UNAVAILABLE when the server closes
 */
export async function awaitChanges(
  followers: Followers,
  wakeUps: WakeUps,
  { userId, authorization, waitMs, signal }: Waiting,
  read: () => Promise<Changes>,
): Promise<Changes> {
  const ended = Promise.withResolvers<never>();
  // It may end while nobody waits for that.
  ended.promise.catch(() => undefined);
  const stay = await followers.admit({
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
  const unwatch = wakeUps.watch(userId, () => woken.resolve());
  try {
    for (;;) {
      woken = Promise.withResolvers();
      const found = await read();
      if (isSomething(found) || isOver) {
        await stay.check();
        return found;
      }
      await Promise.race([woken.promise, over.promise, ended.promise]);
    }
  } finally {
    unwatch();
    clearTimeout(timer);
    signal.removeEventListener('abort', finish);
    stay.leave();
  }
}

export const isSomething = ({ changes, hasMore }: Changes): boolean => changes.length > 0 || hasMore;
