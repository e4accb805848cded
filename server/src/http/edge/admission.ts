import type { IncomingMessage, RequestListener } from 'node:http';
import { createFairQueue } from './fair-queue.ts';
import { createRefusals, type Exchange } from './refusals.ts';
import { connectionOf, type Slot } from './request-guard.ts';

/** Requests that are handled at a time. More would not be answered sooner, and delay each turn of the event loop. */
const maxActive = 64;
/**
 * A request that takes longer waits for something else than this process, such as a password hash or a lock, and no
 * longer counts. It may take twice as long until that is noticed.
 */
const countedMs = 250;
/** Nobody waits longer for a turn. */
const maxWaitMs = 2_000;
/**
 * So many requests may wait in any case. If more were answered in the last second, that many may wait: they get their
 * turn within the next one.
 */
const minWaiting = 1_000;
interface Waiting extends Exchange {
  since: number;
}

interface Options {
  /** Whose turn it is: a user, or an address. */
  userOf(request: IncomingMessage): string;
  /** Whether it is answered at once, however many are waiting. */
  isUrgent(request: IncomingMessage): boolean;
  refuse(exchange: Exchange): void;
}

/** Admits requests to the handler. */
export interface Admission {
  admit(handle: RequestListener): RequestListener;
  stats(): { active: number; waiting: number; refused: number };
}

/** Counts active requests. */
function createSlots() {
  /** Requests that began since the last tick, and in the interval before it. Older ones no longer count. */
  let [recent, earlier] = [0, 0];
  let ticks = 0;
  return {
    count: () => recent + earlier,
    open(): Slot {
      const begunAt = ticks;
      let isOpen = true;
      recent += 1;
      return {
        release() {
          if (!isOpen) return;
          isOpen = false;
          if (begunAt === ticks) recent -= 1;
          else if (begunAt === ticks - 1) earlier -= 1;
        },
      };
    },
    tick() {
      ticks += 1;
      [recent, earlier] = [0, recent];
    },
  };
}

/** How many were answered lately. */
function createAnswerCount() {
  const byTick = [0, 0, 0, 0];
  return {
    add() {
      byTick[0] = (byTick[0] ?? 0) + 1;
    },
    lastSecond: () => byTick.reduce((sum, count) => sum + count, 0),
    tick() {
      byTick.pop();
      byTick.unshift(0);
    },
  };
}

/**
 * Lets a limited number of requests be worked on at a time. The others wait for their turn, users by turns. Those that
 * would wait for too long are refused.
 */
export function createAdmission({ userOf, isUrgent, refuse }: Options): Admission {
  const queue = createFairQueue<Waiting>();
  const slots = createSlots();
  const answered = createAnswerCount();
  const refusals = createRefusals(refuse);
  let timer: NodeJS.Timeout | undefined;
  let tickedAt = 0;

  const isFree = () => slots.count() < maxActive;

  function start(handle: RequestListener, { request, response }: Exchange): void {
    const { release } = slots.open();
    function end(): void {
      release();
      startWaiting(handle);
    }
    const connection = connectionOf(request.socket);
    if (connection !== undefined) connection.slot = { release: end };
    response.once('close', () => {
      answered.add();
      // The work for a client that is gone goes on.
      if (response.writableFinished) end();
    });
    timer ??= setInterval(() => tick(handle), countedMs).unref();
    handle(request, response);
  }

  function startWaiting(handle: RequestListener): void {
    while (isFree()) {
      const next = queue.take();
      if (next === undefined) return;
      // Its client may have gone.
      if (!next.response.destroyed) start(handle, next);
    }
  }

  function tick(handle: RequestListener): void {
    slots.tick();
    answered.tick();
    const now = performance.now();
    // After a pause of the whole process nobody has waited because of others.
    const wasPaused = now - tickedAt > 2 * countedMs;
    tickedAt = now;
    if (!wasPaused) refuseLate(now);
    startWaiting(handle);
    if (slots.count() > 0 || queue.size() > 0) return;
    clearInterval(timer);
    timer = undefined;
  }

  function refuseLate(now: number): void {
    for (const late of queue.removeWhile(({ since }) => now - since > maxWaitMs)) refusals.add(late);
  }

  function wait(exchange: Exchange): void {
    const user = userOf(exchange.request);
    if (queue.size() >= Math.max(minWaiting, answered.lastSecond())) {
      const other = queue.giveWay(user);
      refusals.add(other ?? exchange);
      if (other === undefined) return;
    }
    queue.add(user, { ...exchange, since: performance.now() });
  }

  return {
    admit: (handle) => (request, response) => {
      if (isUrgent(request)) handle(request, response);
      else if (isFree() && queue.size() === 0) start(handle, { request, response });
      else wait({ request, response });
    },
    stats: () => ({ active: slots.count(), waiting: queue.size(), refused: refusals.count() }),
  };
}

/** For a request that will wait for long, such as an event stream: others need not wait for it. */
export const stopCounting = ({ socket }: IncomingMessage): void => connectionOf(socket)?.slot?.release();
