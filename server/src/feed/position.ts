import { type CursorScope, decodeSigned, encodeSigned } from '../db/cursors.ts';
import { validationError } from '../platform/errors.ts';
import { nouns } from './model.ts';

/** A position in the order of the feed: after the item of this type and id at this revision. */
export interface FeedPosition {
  /** The epoch that the revision counts in; null where none is named. */
  epoch: string | null;
  revision: number;
  type: string;
  id: string;
  /**
   * During an initial sync: the revision it started at. Deletions up to it are not sent. 0 after an initial sync; null
   * before its first page.
   */
  initialSyncRevision: number | null;
}

/** Sorts after every type. */
const endOfRevisionType = '~';

export const feedStart: FeedPosition = {
  epoch: null,
  revision: -1,
  type: endOfRevisionType,
  id: '',
  initialSyncRevision: null,
};

/** After all changes of a revision. */
export const endOfRevision = (
  epoch: string | null,
  revision: number,
  initialSyncRevision = 0,
): FeedPosition => ({
  epoch,
  revision,
  type: endOfRevisionType,
  id: '',
  initialSyncRevision,
});

/** The newest revision whose changes were all delivered. */
export const deliveredRevision = ({ revision, type }: FeedPosition): number =>
  type === endOfRevisionType ? revision : revision - 1;

/** Revision and epoch; in the middle of a revision, also the type and id of the last delivered item. */
export function eventIdOf({ epoch, revision, type, id }: Omit<FeedPosition, 'initialSyncRevision'>): string {
  const end = epoch === null ? String(revision) : `${revision}@${epoch}`;
  return type === endOfRevisionType ? end : `${end}/${type}/${encodeURIComponent(id)}`;
}

/** The longest id is a user id of 255 characters of four bytes each, percent-encoded. */
const itemSyntax = `(?:/(${nouns.map(({ type }) => type).join('|')})/([\\w.!~*'()%-]{1,3060}))?`;
const eventIdSyntax = new RegExp(`^(\\d{1,15})(?:@([0-9a-f]{12}))?${itemSyntax}$`);

/** @returns null for what `eventIdOf` does not make; ids of older versions name no epoch. */
export function positionOfEvent(eventId: string): FeedPosition | null {
  const [, revision, epoch = null, type, name] = eventIdSyntax.exec(eventId) ?? [];
  if (revision === undefined) return null;
  if (type === undefined || name === undefined) return endOfRevision(epoch, Number(revision));
  try {
    const id = decodeURIComponent(name);
    return id.includes('\0') ? null : { epoch, revision: Number(revision), type, id, initialSyncRevision: 0 };
  } catch {
    return null;
  }
}

/** The cursors of one user's changes, in responses and in events. */
export const feedCursorScope = (secrets: CursorScope['secrets'], userId: string): CursorScope => ({
  secrets,
  scope: ['changes', userId],
});

export function encodeFeedCursor(
  { epoch, revision, type, id, initialSyncRevision }: FeedPosition,
  scope: CursorScope,
): string {
  return encodeSigned([revision, type, id, initialSyncRevision ?? 0, epoch], scope);
}

/** @throws AppError VALIDATION_ERROR for a cursor that was edited, or made for another user or list. */
export function decodeFeedCursor(cursor: string, scope: CursorScope): FeedPosition {
  const found = decodeSigned<
    [revision: number, type: string, id: string, initialSyncRevision: number, epoch?: string]
  >(cursor, scope);
  if (found === null) {
    throw validationError([
      { loc: ['query', 'since'], msg: "is not a cursor of this user's changes", type: 'cursor' },
    ]);
  }
  // Cursors of older versions have no epoch.
  const [revision, type, id, initialSyncRevision, epoch = null] = found;
  return { epoch, revision, type, id, initialSyncRevision };
}
