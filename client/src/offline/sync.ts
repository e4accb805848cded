import { onAbort, sleep, untilAborted } from '../abort.ts';
import type { Duly } from '../client.ts';
import { waitBefore } from '../transport.ts';
import { type Hooks, pushQueue } from './push.ts';
import type { Replica } from './replica.ts';
import { changesOfPage } from './trash.ts';
import { createTurns } from './turns.ts';

export interface SyncOptions {
  duly: Duly;
  hooks: Hooks;
  replica: Replica;
  onError: ((error: unknown) => void) | undefined;
}

/** Pages have these; Node and React Native do not. */
const platform: {
  fetch: unknown;
  addEventListener?: (type: string, listener: () => void) => void;
  removeEventListener?: (type: string, listener: () => void) => void;
} = globalThis;

const retry = { attempts: 0, totalMs: 0, firstWaitMs: 1_000, maxWaitMs: 60_000 };

/** A question that nobody answers does not keep the client from closing. */
const interruptible = ({ onConflict, ...others }: Hooks, signal: AbortSignal): Hooks => ({
  ...others,
  ...(onConflict && {
    onConflict: (conflict) => untilAborted(Promise.resolve(onConflict(conflict)), signal),
  }),
});

/** Sends the queue and reads the feed, never both at once: the mirror must not be newer than the answer of a write. */
export function createSync({ duly, hooks: given, replica, onError }: SyncOptions) {
  const { state, commit, tabs } = replica;
  const stop = new AbortController();
  const hooks = interruptible(given, stop.signal);
  /** Ends the wait for changes of the server, or for another attempt. */
  let waiting: AbortController | undefined;
  let isLeading = false;
  /** How many calls of `sync` are waiting. */
  let callers = 0;
  let leading: Promise<void> | undefined;
  const { inTurn, ended } = createTurns();

  async function pull(signal: AbortSignal, follow = false): Promise<void> {
    for await (const page of duly.changes({ since: state.cursor(), follow, signal }))
      await commit(() => changesOfPage(state, page));
  }

  async function exchange(): Promise<void> {
    do {
      await pushQueue({ duly, state, hooks, commit, pull }, stop.signal);
      await pull(stop.signal);
    } while (state.queue().length > 0);
  }

  /** Ends also when there is something to send, or when the client is closed. */
  async function wait(run: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const controller = new AbortController();
    waiting = controller;
    const forget = onAbort(stop.signal, () => controller.abort());
    try {
      await run(controller.signal);
    } finally {
      forget();
      waiting = undefined;
    }
  }

  const wake = () => waiting?.abort();

  async function lead(): Promise<void> {
    isLeading = true;
    await replica.reload();
    for (let failures = 0; !stop.signal.aborted; ) {
      try {
        await inTurn(exchange);
        failures = 0;
        await inTurn(async () => {
          if (state.queue().length === 0 && callers === 0) await wait((signal) => pull(signal, true));
        });
      } catch (error) {
        if (stop.signal.aborted) return;
        onError?.(error);
        failures += 1;
        const ms = waitBefore(error, failures, retry);
        await wait((signal) => sleep(ms, signal).catch(() => undefined));
      }
    }
  }

  return {
    wake,
    async sync(): Promise<void> {
      callers += 1;
      wake();
      try {
        if (isLeading) await inTurn(exchange);
        else await tabs.tryLead(() => inTurn(exchange));
      } finally {
        callers -= 1;
      }
    },
    start(): void {
      leading ??= tabs.lead(stop.signal, lead).catch((error: unknown) => onError?.(error));
      platform.addEventListener?.('online', wake);
    },
    async close(): Promise<void> {
      platform.removeEventListener?.('online', wake);
      stop.abort();
      await Promise.all([leading, ended()]);
    },
  };
}
