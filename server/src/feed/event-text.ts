import type { CursorScope } from '../db/cursors.ts';
import type { Change } from './model.ts';
import { encodePlace, endOf, eventIdOf, type Place, told } from './place.ts';

/** The event stream format: HTML Living Standard, 9.2 Server-sent events. */

const reconnectAfterMs = 2_000;

export const heartbeat = ':\n\n';

const eventOf = (name: string, id: string, data: unknown): string =>
  `event: ${name}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`;

/** What a stream begins with. Whoever loses it before the first change goes on from here too. */
export function readyText(place: Place, scope: CursorScope): string {
  return `retry: ${reconnectAfterMs}\n${eventOf('ready', eventIdOf(place), { next_cursor: encodePlace(place, scope) })}`;
}

/**
 * The last change of each revision has the revision as its id; those before it say where in the revision they stand, so
 * that a revision of thousands of changes can be told over several connections.
 * @param next the place behind the changes
 * @param base of the place before them
 */
export function changesText(
  changes: readonly Change[],
  next: Place,
  base: number,
  scope: CursorScope,
): string {
  return changes
    .map((change, index) => {
      const { revision, type, id } = change;
      const isLast = revision <= told(next) && changes[index + 1]?.revision !== revision;
      if (!isLast) return eventOf('change', eventIdOf({ epoch: next.epoch, revision, type, id }), change);
      const end = endOf(next.epoch, revision, base);
      return eventOf('change', eventIdOf(end), { ...change, next_cursor: encodePlace(end, scope) });
    })
    .join('');
}
