import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { DatabaseConnection } from '../db/hosts.ts';
import type { Db } from '../db/schema.ts';
import { isSameRevision, type UserRevision } from '../response-cache/revision-reader.ts';
import { findRevisions } from '../writes/revisions.ts';
import { createListener } from './notification-listener.ts';
import { createNotificationSender, parseMessage } from './notification-sender.ts';

/** How often changes are looked for: while nobody tells of them, and while somebody does, for those nobody told of. */
const pollIntervalMs = { alone: 1_000, listening: 15_000 };
/** A client that waits again and again is not worth a new connection each time. */
const lingerMs = 3_000;

/** Tells those who wait for a user's changes that there may be some; they look for themselves. */
export interface ChangeNotifier {
  /** To be called once a change of the user is committed: wakes who waits here at once, and on other instances soon. */
  publish(userId: string): void;
  /**
   * From now on `wake` is called for every change of the user, and at times for none; whoever reads after this call
   * misses nothing. Ends with the function that is returned.
   */
  watch(userId: string, wake: () => void): () => void;
  /** To be called when another epoch begins, which concerns everybody. */
  notifyAll(): void;
  /** Whether other instances are heard, so that polling is only a net. */
  isListening(): boolean;
  /** Sends what is still to be told, if that goes quickly. */
  close(): Promise<void>;
}

interface WatchedUser {
  callbacks: Set<() => void>;
  /** As last polled; undefined before. */
  revision: UserRevision | undefined;
}

/**
 * Between instances, LISTEN and NOTIFY, on top of polling that finds everything, only later. The notification is not
 * part of the transaction that changes something: at commit it takes a lock of the whole cluster, so that all users'
 * writes would be committed one after the other. Should it be lost, polling is there. Without anybody who waits there
 * is neither a connection nor polling.
 * @param connection past a pooler if there is one; null: other instances are not listened to.
 */
export function createChangeNotifier(
  db: Db,
  log: Logger,
  connection: DatabaseConnection | null,
): ChangeNotifier {
  const instanceId = randomUUID();
  const watched = new Map<string, WatchedUser>();
  const sender = createNotificationSender(db, log, instanceId);
  const poller = createPoller(db, log, watched, () => listener?.isVerified() ?? false);
  const listener =
    connection === null
      ? null
      : createListener(connection, db, log, {
          onMessage(text) {
            const [from, ...userIds] = parseMessage(text);
            if (from !== instanceId) for (const userId of userIds) notifyWatchers(watched, userId);
          },
          onChange: () => poller.pollAfter(0),
        });
  let stopTimer: NodeJS.Timeout | undefined;

  function stopListening(): void {
    clearTimeout(stopTimer);
    stopTimer = undefined;
    listener?.stop();
  }

  return {
    publish(userId) {
      notifyWatchers(watched, userId);
      sender.add(userId);
    },
    watch(userId, wake) {
      const { callbacks: wakes } = watchedUserOf(watched, userId);
      wakes.add(wake);
      if (watched.size === 1 && wakes.size === 1) {
        clearTimeout(stopTimer);
        stopTimer = undefined;
        listener?.start();
        poller.pollAfter(pollIntervalMs.alone);
      }
      return () => {
        if (!wakes.delete(wake) || wakes.size > 0) return;
        watched.delete(userId);
        if (watched.size === 0) stopTimer = setTimeout(stopListening, lingerMs).unref();
      };
    },
    notifyAll() {
      for (const userId of watched.keys()) notifyWatchers(watched, userId);
    },
    isListening: () => listener?.isVerified() ?? false,
    async close() {
      watched.clear();
      stopListening();
      await sender.close();
    },
  };
}

function watchedUserOf(watched: Map<string, WatchedUser>, userId: string): WatchedUser {
  const known = watched.get(userId);
  if (known !== undefined) return known;
  const entry = { callbacks: new Set<() => void>(), revision: undefined };
  watched.set(userId, entry);
  return entry;
}

function notifyWatchers(watched: Map<string, WatchedUser>, userId: string): void {
  for (const one of watched.get(userId)?.callbacks ?? []) one();
}

/** Wakes those whose revision has changed, as long as there are any. */
function createPoller(db: Db, log: Logger, watched: Map<string, WatchedUser>, isListening: () => boolean) {
  let timer: NodeJS.Timeout | undefined;
  let isPolling = false;

  function pollAfter(ms: number): void {
    clearTimeout(timer);
    timer = setTimeout(() => void poll(), ms).unref();
  }

  async function poll(): Promise<void> {
    if (isPolling || watched.size === 0) return;
    isPolling = true;
    const wasListening = isListening();
    let isDone = false;
    try {
      const { epoch, byUser } = await findRevisions(db, [...watched.keys()]);
      for (const [userId, entry] of watched) {
        const revision = { epoch, revision: byUser.get(userId) ?? 0n };
        if (entry.revision !== undefined && isSameRevision(entry.revision, revision)) continue;
        entry.revision = revision;
        notifyWatchers(watched, userId);
      }
      isDone = true;
    } catch (error) {
      log.debug({ reason: String(error) }, 'changes could not be polled');
    }
    isPolling = false;
    // What was changed while others began to be heard may have been told to nobody.
    if (isListening() !== wasListening) pollAfter(0);
    else pollAfter(wasListening && isDone ? pollIntervalMs.listening : pollIntervalMs.alone);
  }

  return { pollAfter };
}
