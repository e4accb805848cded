import type { CursorScope } from '../db/cursors.ts';
import type { Change } from './model.ts';
import {
  deliveredRevision,
  encodeFeedCursor,
  endOfRevision,
  eventIdOf,
  type FeedPosition,
} from './position.ts';

/** The event stream format: HTML Living Standard, 9.2 Server-sent events. */

const reconnectAfterMs = 2_000;

export const heartbeatText = ':\n\n';

const formatEvent = (name: string, id: string, data: unknown): string =>
  `event: ${name}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`;

/** The first event of a stream. A client that disconnects before the first change resumes here. */
export function formatReady(position: FeedPosition, scope: CursorScope): string {
  return `retry: ${reconnectAfterMs}\n${formatEvent('ready', eventIdOf(position), { next_cursor: encodeFeedCursor(position, scope) })}`;
}

/**
 * The last change of a revision has the revision as its event id. Earlier ones add type and id, so that a client can
 * resume in the middle of a revision of thousands of changes.
 * @param next the position after the changes
 * @param initialSyncRevision of the position before the changes
 */
export function formatChanges(
  changes: readonly Change[],
  next: FeedPosition,
  initialSyncRevision: number,
  scope: CursorScope,
): string {
  return changes
    .map((change, index) => {
      const { revision, type, id } = change;
      const isLast = revision <= deliveredRevision(next) && changes[index + 1]?.revision !== revision;
      if (!isLast) return formatEvent('change', eventIdOf({ epoch: next.epoch, revision, type, id }), change);
      const end = endOfRevision(next.epoch, revision, initialSyncRevision);
      return formatEvent('change', eventIdOf(end), { ...change, next_cursor: encodeFeedCursor(end, scope) });
    })
    .join('');
}
