import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { Db } from '../db/schema.ts';
import { withDeadline } from '../platform/deadline.ts';
import { notifyInstances } from './notification-listener.ts';

/** Changes within this time are sent as one notification. */
const collectMs = 20;
const retryMs = 1_000;
/** With more users than this, nothing is sent: polling finds the changes. */
const maxPending = 10_000;
/** PostgreSQL's limit is 8,000 bytes. */
const maxMessageBytes = 7_900;
const closeMs = 500;

export interface NotificationSender {
  add(userId: string): void;
  /** Sends pending notifications, with a time-out. */
  close(): Promise<void>;
}

/** Notifies the other instances, several users in one message. */
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

/** For a command, which has no notifier: wakes subscribers and workers of all instances. */
export const announceChanges = async (db: Db, userIds: readonly string[]): Promise<void> => {
  if (userIds.length > 0) await notifyInstances(db, encodeMessages(randomUUID(), userIds));
};

/** JSON arrays, each with the sender and as many user ids as one message can hold. */
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

/** Any database user may send notifications, so nothing about their content is certain. */
export function parseMessage(text: string): string[] {
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) ? parsed.filter((item) => typeof item === 'string') : [];
  } catch {
    return [];
  }
}
