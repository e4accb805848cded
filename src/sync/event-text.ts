import type { CursorScope } from '../db/paging.ts';
import type { Change } from './model.ts';
import { encodePlace, endOf, type Place, told } from './place.ts';

/** The event stream format: HTML Living Standard, 9.2 Server-sent events. */

const reconnectAfterMs = 2_000;

export const heartbeat = ':\n\n';

function eventOf(name: string, id: number | undefined, data: unknown): string {
  return `event: ${name}\n${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`;
}

/** What a stream begins with. Whoever loses it before the first change goes on from here too. */
export function readyText(place: Place, scope: CursorScope): string {
  return `retry: ${reconnectAfterMs}\n${eventOf('ready', told(place), { next_cursor: encodePlace(place, scope) })}`;
}

/**
 * An id stands with the last change of each revision only: who reconnects in the middle of one gets it anew from its
 * beginning.
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
      const { revision } = change;
      const isLast = revision <= told(next) && changes[index + 1]?.revision !== revision;
      if (!isLast) return eventOf('change', undefined, change);
      const next_cursor = encodePlace(endOf(revision, base), scope);
      return eventOf('change', revision, { ...change, next_cursor });
    })
    .join('');
}
