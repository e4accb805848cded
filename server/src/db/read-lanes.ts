import type { PoolClient } from 'pg';
import { serviceUnavailable } from '../platform/errors.ts';
import type { ByteFields } from './byte-rows.ts';
import { isLostConnection } from './failures.ts';
import type { PreparedRead } from './messages.ts';
import type { PoolGuard } from './pool-guard.ts';
import { createExchange, type Pending } from './read-exchange.ts';

/**
 * Frequent reads, several on one connection: the next is sent before the first is answered, so that the server need not
 * wait for this process. A lane is a connection of the pool, for as long as there is something to read and a second at
 * most. Each read is a transaction of its own.
 */
export interface ReadLanes {
  read(read: PreparedRead): Promise<ByteFields[]>;
}

/** This process does not keep more connections busy. */
const maxLanes = 4;
/** Reads that one connection has at once. All but the first wait for the first, however long that takes. */
const maxDepth = 4;
/** Further reads are refused with 503: their turn would come too late. */
const maxWaiting = 1_000;
/** Then the pool checks the connection again. */
const maxOpenMs = 1_000;

interface Lane {
  /** How many reads it may take now. */
  room(): number;
  isIdle(): boolean;
  add(read: Pending): void;
  /** Sends what was added. */
  flush(): void;
}

interface Options {
  /** Takes a connection out of the pool. */
  connect(): Promise<PoolClient>;
  /** Whether others wait for a connection of the pool. @param ownCount how many connections the lanes wait for */
  isContended(ownCount: number): boolean;
  /** The time-out of a lane whose server sends nothing. */
  timeoutMs: number;
  /** Detects earlier that the server of a connection will never answer. */
  silence: PoolGuard['silence'];
  /** A connection was lost. */
  onLost(): void;
}

export function createReadLanes({ connect, isContended, timeoutMs, silence, onLost }: Options): ReadLanes {
  const waiting: Pending[] = [];
  const lanes = new Set<Lane>();
  let openingCount = 0;
  let isScheduled = false;

  /** Gives each read to the lane that has the fewest, once there are enough lanes. */
  function distribute(): void {
    isScheduled = false;
    const missing = Math.min(maxLanes - lanes.size - openingCount, waiting.length - openingCount);
    for (let count = 0; count < missing; count += 1) void open();
    while (waiting.length > 0) {
      let best: Lane | undefined;
      for (const lane of lanes) if (lane.room() > (best?.room() ?? 0)) best = lane;
      if (best === undefined || (!best.isIdle() && lanes.size + openingCount < maxLanes)) break;
      const read = waiting.shift();
      if (read !== undefined) best.add(read);
    }
    for (const lane of lanes) lane.flush();
  }

  async function open(): Promise<void> {
    openingCount += 1;
    try {
      const client = await connect();
      const lane = openLane(client, {
        timeoutMs,
        silence,
        isContended: () => isContended(openingCount),
        next: () => waiting.shift(),
        onClose,
      });
      lanes.add(lane);
      function onClose() {
        lanes.delete(lane);
        if (waiting.length > 0) schedule();
      }
    } catch (error) {
      // All wait for this, unless another lane takes them.
      for (const { reject } of waiting.splice(0, lanes.size === 0 ? waiting.length : 1))
        reject(error as Error);
    } finally {
      openingCount -= 1;
    }
    distribute();
  }

  /** The requests that this turn of the event loop has read are sent together. */
  function schedule(): void {
    if (isScheduled) return;
    isScheduled = true;
    setImmediate(distribute);
  }

  return {
    read: (read) =>
      new Promise((resolve, fail) => {
        if (waiting.length >= maxWaiting) throw serviceUnavailable();
        const reject = (error: Error) => {
          if (isLostConnection(error)) onLost();
          fail(error);
        };
        waiting.push({ ...read, isParsing: false, rows: [], error: null, resolve, reject });
        schedule();
      }),
  };
}

interface LaneOptions extends Pick<Options, 'timeoutMs' | 'silence'> {
  isContended(): boolean;
  next(): Pending | undefined;
  onClose(): void;
}

function openLane(client: PoolClient, options: LaneOptions): Lane {
  const { isContended, timeoutMs, silence, next, onClose } = options;
  const closesAt = performance.now() + maxOpenMs;
  let isClosed = false;
  let hasSent = false;
  const timer = setTimeout(() => close(new Error('Query read timeout')), timeoutMs);
  const exchange = createExchange(client, takeNext);
  const onEnd = () => close(new Error('Connection terminated unexpectedly'));

  function close(error?: Error): void {
    if (isClosed) return;
    isClosed = true;
    clearTimeout(timer);
    client.off('end', onEnd);
    silence.end(client);
    if (error !== undefined) client.connection.stream.destroy();
    const isUsable = exchange.end(error);
    client.release(error ?? !isUsable);
    onClose();
  }

  const isOver = () => exchange.isStale() || isContended() || performance.now() > closesAt;
  const room = () => (isClosed || (hasSent && isOver()) ? 0 : maxDepth - exchange.size());
  function flush(): void {
    exchange.send();
    hasSent = true;
    if (exchange.size() === 0) close();
  }

  function takeNext(): void {
    timer.refresh();
    for (let free = room(); free > 0; free -= 1) {
      const read = next();
      if (read === undefined) break;
      exchange.add(read);
    }
    flush();
  }

  client.once('end', onEnd);
  silence.begin(client);
  return { room, isIdle: () => exchange.size() === 0, add: exchange.add, flush };
}
