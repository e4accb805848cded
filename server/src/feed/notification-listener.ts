import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Logger } from 'pino';
import { createHostSelector, type DatabaseConnection, type HostSelector } from '../db/hosts.ts';
import { openClient } from '../db/inspect-server.ts';
import { onServerChange } from '../db/pool.ts';
import type { Db } from '../db/schema.ts';

/** One channel for the whole database. */
const notifyChannel = 'duly_changes';
const connectTimeoutMs = 5_000;
/** The time-out of a ping, and the interval between two. */
const pongTimeoutMs = 2_000;
const pingIntervalMs = 15_000;
/** While only the worker listens, so that the database may sleep. */
const quietPingMs = 15 * 60_000;
/** Keep-alive probes of TCP after so long without data: they find a dead connection in ten seconds more. */
const keepAliveDelayMs = 30_000;
const minPauseMs = 500;
const maxPauseMs = 60_000;

export const notifyInstances = (db: Db, messages: readonly string[]) =>
  sql`select pg_notify(${notifyChannel}, message) from unnest(${messages}::text[]) as message`.execute(db);

export interface Listener {
  /** Whether notifications arrive: the last ping came back. */
  isVerified(): boolean;
  /** Connects, and reconnects, until `stop`. */
  start(): void;
  /** Sends a ping now: the last one may be long ago. */
  verify(): void;
  stop(): void;
}

interface ListenerHandlers {
  onMessage(text: string): void;
  /** Called when `isVerified` changes: notifications before may be lost. */
  onChange(): void;
  /**
   * Whether pings are rare, so that the database may sleep. A dead connection is then found by the keep-alive of TCP,
   * and a switch of servers by the pool.
   */
  isQuiet(): boolean;
}

/**
 * A connection of its own that listens. A pooler in transaction mode accepts LISTEN without effect, and a dead
 * connection may raise no error. So it counts as connected only while pings, notified through the pool, come back. When
 * the pool may have changed its server there is a ping at once: this connection may still be with the old server.
 */
export function createListener(
  connection: DatabaseConnection,
  db: Db,
  log: Logger,
  handlers: ListenerHandlers,
): Listener {
  let isVerified = false;
  let isExplained = false;
  let stopping: AbortController | undefined;
  let changing = new AbortController();
  let unsubscribe = () => {};
  const hosts = createHostSelector(connection);

  function setVerified(value: boolean): void {
    if (isVerified === value) return;
    isVerified = value;
    log.debug({ listening: value }, 'whether changes of other instances are heard');
    handlers.onChange();
  }

  /** Logged once. */
  function explain(): void {
    if (!isExplained)
      log.info(
        'LISTEN brings nothing, as behind a pooler: changes of other instances are polled every second; DATABASE_DIRECT_URL may lead past it',
      );
    isExplained = true;
  }

  function verify(): void {
    changing.abort();
    changing = new AbortController();
  }

  async function run(stop: AbortSignal): Promise<void> {
    for (let pauseMs = minPauseMs; !stop.aborted; pauseMs = Math.min(pauseMs * 2, maxPauseMs)) {
      const { signal: change } = changing;
      if (await listenOnce(stop)) pauseMs = minPauseMs;
      await pause(pauseMs, AbortSignal.any([stop, change]));
      if (change.aborted) pauseMs = minPauseMs;
    }
  }

  /** Resolves when the connection fails. @returns whether a ping had come back. */
  async function listenOnce(stop: AbortSignal): Promise<boolean> {
    let close = () => {};
    let wasVerified = false;
    try {
      const { client, lost, pongs, ...opened } = await openListening(hosts, handlers, stop);
      close = opened.close;
      const over = AbortSignal.any([stop, lost]);
      await client.connect();
      await client.query(`listen ${notifyChannel}`);
      for (let { signal: change } = changing; !over.aborted; { signal: change } = changing) {
        if (!(await pingReturns(db, pongs, over))) break;
        wasVerified = true;
        setVerified(true);
        // Changes during the ping may have been missed.
        await pause(handlers.isQuiet() ? quietPingMs : pingIntervalMs, AbortSignal.any([over, change]));
      }
      if (!over.aborted && !wasVerified) explain();
    } catch (error) {
      log.debug({ reason: String(error) }, 'no connection to listen on');
    }
    // `start` may have been called again since `stop`.
    if (!stop.aborted) setVerified(false);
    close();
    return wasVerified;
  }

  return {
    isVerified: () => isVerified,
    start() {
      if (stopping !== undefined) return;
      stopping = new AbortController();
      unsubscribe = onServerChange(db, () => {
        hosts.reset();
        verify();
      });
      void run(stopping.signal);
    },
    verify,
    stop() {
      stopping?.abort();
      stopping = undefined;
      unsubscribe();
      isVerified = false;
    },
  };
}

/** A client, not connected yet. `lost` is aborted when it ends; a ping that comes back calls its entry of `pongs`. */
async function openListening(hosts: HostSelector, handlers: ListenerHandlers, stop: AbortSignal) {
  const { client, close } = openClient({
    ...(await hosts.select()),
    application_name: 'duly listener',
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: connectTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: keepAliveDelayMs,
  });
  const lost = new AbortController();
  const pongs = new Map<string, () => void>();
  stop.addEventListener('abort', close, { once: true });
  client.on('error', () => lost.abort()).on('end', () => lost.abort());
  client.on('end', () => stop.removeEventListener('abort', close));
  client.on('notification', ({ payload = '' }) => {
    const pong = pongs.get(payload);
    if (pong === undefined) handlers.onMessage(payload);
    else pong();
  });
  return { client, close, lost: lost.signal, pongs };
}

/** Notifies a ping through the pool. @returns whether it came back in time. */
async function pingReturns(db: Db, pongs: Map<string, () => void>, over: AbortSignal): Promise<boolean> {
  const ping = `ping ${randomUUID()}`;
  const pong = new Promise<boolean>((resolve) => pongs.set(ping, () => resolve(true)));
  const waited = pause(pongTimeoutMs, over).then(() => false);
  try {
    await Promise.race([notifyInstances(db, [ping]), waited]);
    return await Promise.race([pong, waited]);
  } finally {
    pongs.delete(ping);
  }
}

/** Ends early when aborted. */
const pause = (ms: number, signal: AbortSignal) => sleep(ms, undefined, { signal }).catch(() => undefined);
