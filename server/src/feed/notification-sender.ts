import type { Logger } from 'pino';
import type { Db } from '../db/schema.ts';
import { withDeadline } from '../platform/deadline.ts';
import { notifyInstances } from './notification-listener.ts';

/** Announcements of this long are one message to the other instances. */
const collectMs = 20;
const retryMs = 1_000;
/** Above, nobody is told: whoever waits finds out by polling. */
const maxPending = 10_000;
/** PostgreSQL takes less than 8,000. */
const maxMessageBytes = 7_900;
const closeMs = 500;

export interface NotificationSender {
  add(userId: string): void;
  /** Sends what is left, if that goes quickly. */
  close(): Promise<void>;
}

/** Tells the other instances, some users in one message. */
export function createNotificationSender(db: Db, log: Logger, self: string): NotificationSender {
  const pending = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;

  function sendAfter(ms: number): void {
    timer ??= setTimeout(() => void send(), ms).unref();
  }

  async function send(): Promise<void> {
    const userIds = [...pending];
    pending.clear();
    let pauseMs = collectMs;
    try {
      if (userIds.length > 0) await notifyInstances(db, encodeMessages(self, userIds));
    } catch (error) {
      log.debug({ reason: String(error) }, 'changes could not be announced');
      for (const userId of userIds) if (pending.size < maxPending) pending.add(userId);
      pauseMs = retryMs;
    }
    timer = undefined;
    if (pending.size > 0 && !isClosed) sendAfter(pauseMs);
  }

  return {
    add(userId: string): void {
      if (isClosed || pending.size >= maxPending) return;
      pending.add(userId);
      sendAfter(collectMs);
    },
    async close(): Promise<void> {
      isClosed = true;
      clearTimeout(timer);
      await withDeadline(send(), closeMs).catch(() => undefined);
    },
  };
}

/** JSON lists, each of the sender and as many user ids as one message can hold. */
export function encodeMessages(sender: string, userIds: readonly string[]): string[] {
  const messages: string[] = [];
  let parts: string[] = [];
  let size = 0;
  const head = JSON.stringify(sender);
  const end = () => {
    if (parts.length > 0) messages.push(`[${[head, ...parts].join(',')}]`);
    [parts, size] = [[], Buffer.byteLength(head) + 2];
  };
  end();
  for (const part of userIds.map((userId) => JSON.stringify(userId))) {
    const bytes = Buffer.byteLength(part) + 1;
    if (size + bytes > maxMessageBytes) end();
    parts.push(part);
    size += bytes;
  }
  end();
  return messages;
}

/** Anybody with access to the database may have sent anything. */
export function parseMessage(text: string): string[] {
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) ? parsed.filter((item) => typeof item === 'string') : [];
  } catch {
    return [];
  }
}
