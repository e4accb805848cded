import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Logger } from 'pino';
import { createHostSelector, type DatabaseConnection, type HostSelector } from '../db/hosts.ts';
import { openClient } from '../db/inspect-server.ts';
import { onServerChange } from '../db/pool.ts';
import type { Db } from '../db/schema.ts';

/** One for the whole database. */
const notifyChannel = 'duly_changes';
const connectTimeoutMs = 5_000;
/** How long a ping of our own may take to come back, and how often there is one. */
const pongTimeoutMs = 2_000;
const pingIntervalMs = 15_000;
const minPauseMs = 500;
const maxPauseMs = 60_000;

export const notifyInstances = (db: Db, messages: readonly string[]) =>
  sql`select pg_notify(${notifyChannel}, message) from unnest(${messages}::text[]) as message`.execute(db);

export interface Listener {
  /** Whether what is notified is heard: a ping went the same way and came back. */
  isVerified(): boolean;
  /** Connects, and goes on trying, until `stop`. */
  start(): void;
  stop(): void;
}

interface ListenerHandlers {
  onMessage(text: string): void;
  /** The connection is proven from now on, or is no more: what was notified in between is lost. */
  onChange(): void;
}

/**
 * A connection of its own that listens. A pooler in transaction mode takes LISTEN and forgets it, and a connection may
 * be dead without a sign; so it is believed only while pings, notified through the pool as all messages are, come back.
 * When the pool may have found another server there is a ping at once: this connection may have stayed with the one
 * before.
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

  /** Once: it will not become another database. */
  function explain(): void {
    if (!isExplained)
      log.info(
        'LISTEN brings nothing, as behind a pooler: changes of other instances are polled every second; DATABASE_DIRECT_URL may lead past it',
      );
    isExplained = true;
  }

  function noteChange(): void {
    hosts.reset();
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

  /** @returns whether it was proven, once the connection is of no more use. */
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
        // There may have been a change during the ping.
        await pause(pingIntervalMs, AbortSignal.any([over, change]));
      }
      if (!over.aborted && !wasVerified) explain();
    } catch (error) {
      log.debug({ reason: String(error) }, 'no connection to listen on');
    }
    // Told to stop, it may have been told to start again.
    if (!stop.aborted) setVerified(false);
    close();
    return wasVerified;
  }

  return {
    isVerified: () => isVerified,
    start() {
      if (stopping !== undefined) return;
      stopping = new AbortController();
      unsubscribe = onServerChange(db, noteChange);
      void run(stopping.signal);
    },
    stop() {
      stopping?.abort();
      stopping = undefined;
      unsubscribe();
      isVerified = false;
    },
  };
}

/**
 * A connection that is not made yet. `lost` is aborted when it ends; a ping that comes back calls its function in
 * `pongs`.
 */
async function openListening(hosts: HostSelector, hears: ListenerHandlers, stop: AbortSignal) {
  const { client, close } = openClient({
    ...(await hosts.select()),
    application_name: 'duly listener',
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: connectTimeoutMs,
  });
  const lost = new AbortController();
  const pongs = new Map<string, () => void>();
  stop.addEventListener('abort', close, { once: true });
  client.on('error', () => lost.abort()).on('end', () => lost.abort());
  client.on('end', () => stop.removeEventListener('abort', close));
  client.on('notification', ({ payload = '' }) => {
    const pong = pongs.get(payload);
    if (pong === undefined) hears.onMessage(payload);
    else pong();
  });
  return { client, close, lost: lost.signal, pongs };
}

/** Whether a ping that is notified through the pool is heard. */
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

/** Ends early, with an error of no interest, when it is told to. */
const pause = (ms: number, signal: AbortSignal) => sleep(ms, undefined, { signal }).catch(() => undefined);
