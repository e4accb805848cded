import { abortReason, sleep } from './abort.ts';
import { call, readRow } from './call.ts';
import { DulyError } from './errors.ts';
import { operations } from './generated/operations.ts';
import { isTransient, type Transport, waitBefore } from './transport.ts';
import type { Change, Output } from './types.ts';

export interface ChangesOptions {
  /** The `cursor` of the last page that was applied; absent or null: from the start. */
  since?: string | null;
  /** Goes on with later changes, by long polling, until the signal is aborted. Otherwise ends after the last page. */
  follow?: boolean;
  /** Changes on a page, 100 at most. */
  limit?: number;
  signal?: AbortSignal;
}

export interface ChangesPage {
  /** Apply them in this order. */
  changes: Change[];
  /** Store it together with the applied changes. */
  cursor: string;
  /**
   * The page is the first one of everything there is: forget what you have, then apply it. So is the very first page
   * without `since`, and one after the server has refused a cursor as too old or as from before a restore.
   */
  isReset: boolean;
}

const longPollSeconds = 30;
type Feed = Output<'listChanges'>;

export async function* readChanges(
  transport: Transport,
  userPath: string,
  { since = null, follow = false, limit, signal }: ChangesOptions = {},
): AsyncGenerator<ChangesPage, void, undefined> {
  const operation = readRow(operations.listChanges, userPath);
  let cursor = since;
  let isReset = cursor === null;
  let hasMore = true;
  for (let failures = 0; ; ) {
    const wait = hasMore ? 0 : longPollSeconds;
    try {
      const input = { since: cursor, limit, wait: wait === 0 ? undefined : wait };
      const options = { ...(signal && { signal }), timeoutMs: transport.timeoutMs + wait * 1000 };
      const page = (await call(transport, operation, { ids: [], input }, options)) as Feed;
      failures = 0;
      cursor = page.next_cursor;
      hasMore = page.has_more;
      if (page.data.length > 0 || isReset) yield { changes: page.data, cursor, isReset };
      isReset = false;
      if (!hasMore && !follow) return;
    } catch (error) {
      if (signal?.aborted && follow) return;
      if (error instanceof DulyError && error.code === 'CURSOR_EXPIRED' && cursor !== null) {
        cursor = null;
        isReset = true;
        hasMore = true;
      } else if (follow && isTransient(error)) {
        failures += 1;
        await sleep(waitBefore(error, failures, transport.retry), signal).catch(() => undefined);
      } else throw error;
    }
    if (signal?.aborted) {
      if (follow) return;
      throw abortReason(signal);
    }
  }
}
