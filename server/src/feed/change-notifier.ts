import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { DatabaseConnection } from '../db/hosts.ts';
import type { Db } from '../db/schema.ts';
import { isSameRevision, type UserRevision } from '../response-cache/revision-reader.ts';
import { findRevisions } from '../writes/revisions.ts';
import { createListener } from './notification-listener.ts';
import { createNotificationSender, parseMessage } from './notification-sender.ts';

/** Polling intervals: without notifications, and with them, in case one is lost. */
const pollIntervalMs = { alone: 1_000, listening: 15_000 };
/** The listening connection stays open for so long after the last waiting client. */
const lingerMs = 3_000;

/** Wakes subscribers when their user may have changes; they read for themselves. */
export interface ChangeNotifier {
  /** To be called after the commit of a change: wakes subscribers here at once, and on other instances soon. */
  publish(userId: string): void;
  /**
   * Calls `wake` for every change of the user from now on, and sometimes for none. A read after this call misses
   * nothing. @returns the function that ends it.
   */
  watch(userId: string, wake: () => void): () => void;
  /**
   * Calls `wake` for every change of any user, and sometimes for none. Without `isListening` it is called for changes
   * of this instance only.
   * @returns the function that ends it.
   */
  watchAll(wake: () => void): () => void;
  /** To be called when another epoch begins: wakes all subscribers. */
  notifyAll(): void;
  /** Whether notifications of other instances arrive, so that polling is only a fallback. */
  isListening(): boolean;
  /** Sends pending notifications, with a time-out. */
  close(): Promise<void>;
}

interface WatchedUser {
  callbacks: Set<() => void>;
  /** The revision of the last poll; undefined before. */
  revision: UserRevision | undefined;
}

/**
 * Instances notify each other by LISTEN and NOTIFY; polling finds what a lost notification leaves out. NOTIFY is not
 * part of the transaction of the change: at commit it takes a lock of the whole cluster, which would serialise the
 * commits of all users. Without subscribers there is neither a connection nor polling; with subscribers to all users
 * only, there is a connection without polling.
 * @param connection direct, not through a pooler; null: other instances are not listened to.
 */
export function createChangeNotifier(
  db: Db,
  log: Logger,
  connection: DatabaseConnection | null,
): ChangeNotifier {
  const instanceId = randomUUID();
  const watched = new Map<string, WatchedUser>();
  const watchers = new Set<() => void>();
  const sender = createNotificationSender(db, log, instanceId);
  const poller = createPoller(db, log, watched, () => listener?.isVerified() ?? false);
  const listener =
    connection === null
      ? null
      : createListener(connection, db, log, {
          onMessage(text) {
            const [from, ...userIds] = parseMessage(text);
            if (from === instanceId) return;
            for (const userId of userIds) notifyWatchers(watched, userId);
            wakeAll(watchers);
          },
          onChange() {
            poller.pollAfter(0);
            wakeAll(watchers);
          },
          isQuiet: () => watched.size === 0,
        });
  let stopTimer: NodeJS.Timeout | undefined;

  function stopListening(): void {
    clearTimeout(stopTimer);
    stopTimer = undefined;
    listener?.stop();
  }

  function stopUnlessWatched(): void {
    if (watched.size + watchers.size === 0) stopTimer = setTimeout(stopListening, lingerMs).unref();
  }

  function listen(): void {
    clearTimeout(stopTimer);
    stopTimer = undefined;
    listener?.start();
  }

  return {
    publish(userId) {
      notifyWatchers(watched, userId);
      wakeAll(watchers);
      sender.add(userId);
    },
    watch(userId, wake) {
      const { callbacks: wakes } = watchedUserOf(watched, userId);
      wakes.add(wake);
      if (watched.size === 1 && wakes.size === 1) {
        listen();
        listener?.verify();
        poller.pollAfter(pollIntervalMs.alone);
      }
      return () => {
        if (!wakes.delete(wake) || wakes.size > 0) return;
        watched.delete(userId);
        stopUnlessWatched();
      };
    },
    watchAll(wake) {
      watchers.add(wake);
      listen();
      return () => {
        watchers.delete(wake);
        stopUnlessWatched();
      };
    },
    notifyAll() {
      for (const userId of watched.keys()) notifyWatchers(watched, userId);
      wakeAll(watchers);
    },
    isListening: () => listener?.isVerified() ?? false,
    async close() {
      watched.clear();
      watchers.clear();
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

function wakeAll(watchers: ReadonlySet<() => void>): void {
  for (const wake of watchers) wake();
}

/** Polls while there are subscribers, and wakes those whose revision has changed. */
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
    // Notifications before the connection listened are lost.
    if (isListening() !== wasListening) pollAfter(0);
    else pollAfter(wasListening && isDone ? pollIntervalMs.listening : pollIntervalMs.alone);
  }

  return { pollAfter };
}
