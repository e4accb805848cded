import { randomUUID } from 'node:crypto';
import { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import pg from 'pg';
import type { Logger } from 'pino';
import type { Db } from '../db/schema.ts';

/** One for the whole database. */
const channel = 'duly_changes';
const connectWithinMs = 5_000;
/** How long a ping of our own may take to come back, and how often there is one. */
const pongWithinMs = 2_000;
const pingEveryMs = 15_000;
const firstPauseMs = 500;
const longestPauseMs = 60_000;
const endWithinMs = 500;

export const notify = (db: Db, messages: readonly string[]) =>
  sql`select pg_notify(${channel}, message) from unnest(${messages}::text[]) as message`.execute(db);

export interface Listener {
  /** Whether what is notified is heard: a ping went the same way and came back. */
  isProven(): boolean;
  /** Connects, and goes on trying, until `stop`. */
  start(): void;
  stop(): void;
}

interface Hears {
  message(text: string): void;
  /** The connection is proven from now on, or is no more: what was notified in between is lost. */
  change(): void;
}

/**
 * A connection of its own that listens. A pooler in transaction mode takes LISTEN and forgets it, and a connection may be
 * dead without a sign; so it is believed only while pings, notified through the pool as all messages are, come back.
 */
export function createListener(connection: pg.ClientConfig, db: Db, log: Logger, hears: Hears): Listener {
  let isProven = false;
  let isExplained = false;
  let stopping: AbortController | undefined;

  function prove(value: boolean): void {
    if (isProven === value) return;
    isProven = value;
    log.debug({ listening: value }, 'whether changes of other instances are heard');
    hears.change();
  }

  /** Once: it will not become another database. */
  function explain(): void {
    if (!isExplained)
      log.info(
        'LISTEN brings nothing, as behind a pooler: changes of other instances are polled every second; DATABASE_DIRECT_URL may lead past it',
      );
    isExplained = true;
  }

  async function run(stop: AbortSignal): Promise<void> {
    for (let pauseMs = firstPauseMs; !stop.aborted; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      const wasProven = await listenOnce(stop);
      if (wasProven) pauseMs = firstPauseMs;
      await pause(pauseMs, stop);
    }
  }

  /** @returns whether it was proven, once the connection is of no more use. */
  async function listenOnce(stop: AbortSignal): Promise<boolean> {
    const { client, close } = openClient(connection);
    const lost = new AbortController();
    const over = AbortSignal.any([stop, lost.signal]);
    const pongs = new Map<string, () => void>();
    let wasProven = false;
    stop.addEventListener('abort', close, { once: true });
    client.on('error', () => lost.abort()).on('end', () => lost.abort());
    client.on('notification', ({ payload = '' }) => {
      const pong = pongs.get(payload);
      if (pong === undefined) hears.message(payload);
      else pong();
    });
    try {
      await client.connect();
      await client.query(`listen ${channel}`);
      while (!over.aborted && (await comesBack(db, pongs, over))) {
        wasProven = true;
        prove(true);
        await pause(pingEveryMs, over);
      }
      if (!over.aborted && !wasProven) explain();
    } catch (error) {
      log.debug({ reason: String(error) }, 'no connection to listen on');
    }
    // Told to stop, it may have been told to start again.
    if (!stop.aborted) prove(false);
    stop.removeEventListener('abort', close);
    close();
    return wasProven;
  }

  return {
    isProven: () => isProven,
    start() {
      if (stopping !== undefined) return;
      stopping = new AbortController();
      void run(stopping.signal);
    },
    stop() {
      stopping?.abort();
      stopping = undefined;
      isProven = false;
    },
  };
}

/** Whether a ping that is notified through the pool is heard. */
async function comesBack(db: Db, pongs: Map<string, () => void>, over: AbortSignal): Promise<boolean> {
  const ping = `ping ${randomUUID()}`;
  const pong = new Promise<boolean>((resolve) => pongs.set(ping, () => resolve(true)));
  const waited = pause(pongWithinMs, over).then(() => false);
  try {
    await Promise.race([notify(db, [ping]), waited]);
    return await Promise.race([pong, waited]);
  } finally {
    pongs.delete(ping);
  }
}

/** Ends early, with an error of no interest, when it is told to. */
const pause = (ms: number, signal: AbortSignal) => sleep(ms, undefined, { signal }).catch(() => undefined);

/** A client that goes away whatever its server does. */
function openClient(connection: pg.ClientConfig) {
  const socket = new Socket();
  const client = new pg.Client({
    ...connection,
    stream: () => socket,
    application_name: 'duly listener',
    connectionTimeoutMillis: connectWithinMs,
    query_timeout: connectWithinMs,
    keepAlive: true,
  });
  function close(): void {
    client.end().catch(() => undefined);
    setTimeout(() => socket.destroy(), endWithinMs).unref();
  }
  return { client, close };
}
