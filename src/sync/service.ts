import type { CursorScope } from '../db/paging.ts';
import type { Db } from '../db/schema.ts';
import type { Change, ChangeListQuery } from './model.ts';
import { beginning, decodePlace, encodePlace } from './place.ts';
import { findChanges } from './queries.ts';

export interface Changes {
  changes: Change[];
  /** Cursor behind the last of them. */
  next: string;
  hasMore: boolean;
}

/** A cursor is good for one user's changes, in the feed and in its events. */
const scopeOf = (secrets: CursorScope['secrets'], userId: string): CursorScope => ({
  secrets,
  scope: ['changes', userId],
});

/**
 * What changed since a cursor.
 * @throws AppError VALIDATION_ERROR, CURSOR_EXPIRED
 */
export async function readChanges(
  db: Db,
  secrets: CursorScope['secrets'],
  userId: string,
  { since, limit }: ChangeListQuery,
): Promise<Changes> {
  const scope = scopeOf(secrets, userId);
  const place = since === undefined ? beginning : decodePlace(since, scope);
  const { changes, next, hasMore } = await findChanges(db, userId, place, limit);
  return { changes, next: encodePlace(next, scope), hasMore };
}
