import type { AppError } from '../platform/errors.ts';
import type { ChangeNotifier } from './change-notifier.ts';
import type { ChangePage } from './queries.ts';
import type { Subscriptions } from './subscriptions.ts';

interface LongPoll {
  userId: string;
  authorization: readonly string[];
  timeoutMs: number;
  /** Aborted when the client disconnects. */
  signal: AbortSignal;
}

/**
 * Reads until there are changes, or the time-out is over. No database connection is held between reads.
 * When the server closes, the wait is over: another instance answers the next one.
 * @throws AppError UNAUTHORIZED, SERVICE_LOCKED, RATE_LIMITED
 */
export async function waitForChanges(
  subscriptions: Subscriptions,
  notifier: ChangeNotifier,
  { userId, authorization, timeoutMs: waitMs, signal }: LongPoll,
  read: () => Promise<ChangePage>,
): Promise<ChangePage> {
  const ended = Promise.withResolvers<never>();
  // It may reject while nothing awaits it.
  ended.promise.catch(() => undefined);
  const over = Promise.withResolvers<void>();
  let isOver = false;
  const finish = () => {
    isOver = true;
    over.resolve();
  };
  const end = (reason: AppError) => (reason.code === 'SERVICE_UNAVAILABLE' ? finish() : ended.reject(reason));
  const subscription = await subscriptions.subscribe({ userId, authorization, end });
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
