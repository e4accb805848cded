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

/** What a stream begins with. Whoever loses it before the first change goes on from here too. */
export function formatReady(position: FeedPosition, scope: CursorScope): string {
  return `retry: ${reconnectAfterMs}\n${formatEvent('ready', eventIdOf(position), { next_cursor: encodeFeedCursor(position, scope) })}`;
}

/**
 * The last change of each revision has the revision as its id; those before it say where in the revision they stand, so
 * that a revision of thousands of changes can be told over several connections.
 * @param next the place behind the changes
 * @param base of the place before them
 */
export function formatChanges(
  changes: readonly Change[],
  next: FeedPosition,
  base: number,
  scope: CursorScope,
): string {
  return changes
    .map((change, index) => {
      const { revision, type, id } = change;
      const isLast = revision <= deliveredRevision(next) && changes[index + 1]?.revision !== revision;
      if (!isLast) return formatEvent('change', eventIdOf({ epoch: next.epoch, revision, type, id }), change);
      const end = endOfRevision(next.epoch, revision, base);
      return formatEvent('change', eventIdOf(end), { ...change, next_cursor: encodeFeedCursor(end, scope) });
    })
    .join('');
}
