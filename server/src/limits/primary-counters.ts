import type { Logger } from 'pino';
import type { CounterReply, CounterRequest } from './memory-counters.ts';
import {
  counterTimeoutMs,
  createCircuitBreaker,
  parseCounts,
  type SharedCounters,
} from './shared-counters.ts';

interface Batch {
  request: CounterRequest;
  reply: Promise<CounterReply>;
  resolve(reply: CounterReply): void;
  rejectLate(): void;
}

function createBatch(id: number): Batch {
  const { promise, resolve, reject } = Promise.withResolvers<CounterReply>();
  return {
    request: { id, take: [], mark: [], isMarked: [] },
    reply: promise,
    resolve,
    rejectLate: () => reject(new Error(`no answer in ${counterTimeoutMs} ms`)),
  };
}

export interface PrimaryCounters extends SharedCounters {
  /** Delivers a reply that the primary process sent. Replies after the time-out are ignored. */
  receive(reply: CounterReply): void;
}

/** A worker's access to the counters of the primary process. The operations of one event-loop turn are one message. */
export function createPrimaryCounters(log: Logger, send: (request: CounterRequest) => void): PrimaryCounters {
  const pending = new Map<number, Batch>();
  let nextBatch: Batch | undefined;
  let lastId = 0;
  const breaker = createCircuitBreaker(
    {
      unavailable: 'the primary process does not answer: rate limits are counted by each worker for itself',
      available: 'the primary process answers: rate limits are shared again',
    },
    log,
  );

  function openBatch(): Batch {
    if (nextBatch !== undefined) return nextBatch;
    lastId += 1;
    nextBatch = createBatch(lastId);
    pending.set(lastId, nextBatch);
    setImmediate(flush);
    return nextBatch;
  }

  function flush(): void {
    if (nextBatch === undefined) return;
    const sent = nextBatch;
    nextBatch = undefined;
    send(sent.request);
    // The delay lets a reply that arrived while the event loop was busy be read before the time-out counts.
    const timer = setTimeout(() => setImmediate(sent.rejectLate), counterTimeoutMs);
    const settled = () => {
      clearTimeout(timer);
      pending.delete(sent.request.id);
    };
    sent.reply.then(settled, settled);
  }

  async function take(keys: readonly string[]) {
    const { request, reply } = openBatch();
    const first = request.take.length;
    request.take.push(...keys);
    const { counts } = await reply;
    return parseCounts(counts.slice(first * 3, (first + keys.length) * 3), keys.length);
  }

  async function isMarked(key: string): Promise<boolean> {
    const { request, reply } = openBatch();
    const index = request.isMarked.push(key) - 1;
    return (await reply).marked[index] ?? false;
  }

  async function mark(key: string): Promise<void> {
    const { request, reply } = openBatch();
    request.mark.push(key);
    await reply;
  }

  return {
    get isAvailable() {
      return breaker.allowsCall;
    },
    take: (targets) => breaker.call(() => take(targets.map(({ key }) => key))),
    mark: (key) => breaker.call(() => mark(key)),
    isMarked: (key) => breaker.call(() => isMarked(key)),
    receive: (reply) => pending.get(reply.id)?.resolve(reply),
    open: async () => undefined,
    close: () => undefined,
  };
}
