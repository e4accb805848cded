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
  resolve(answer: CounterReply): void;
  reject(): void;
}

function createBatch(id: number): Batch {
  const { promise, resolve, reject } = Promise.withResolvers<CounterReply>();
  const fail = () => reject(new Error(`no answer in ${counterTimeoutMs} ms`));
  return {
    request: { id, take: [], mark: [], isMarked: [] },
    reply: promise,
    resolve: resolve,
    reject: fail,
  };
}

/** The counters that a worker shares with the others, and what brings the answers to its questions. */
export interface PrimaryCounters extends SharedCounters {
  receive(answer: CounterReply): void;
}

/**
 * Counters in the memory of the process that started this one. All that is asked in one turn of the event loop is one
 * message.
 */
export function createPrimaryCounters(
  log: Logger,
  send: (question: CounterRequest) => void,
): PrimaryCounters {
  const pending = new Map<number, Batch>();
  let open: Batch | undefined;
  let lastId = 0;
  const breaker = createCircuitBreaker(
    {
      away: 'the primary process does not answer: rate limits are counted by each worker for itself',
      back: 'the primary process answers: rate limits are shared again',
    },
    log,
  );

  function openBatch(): Batch {
    if (open !== undefined) return open;
    lastId += 1;
    open = createBatch(lastId);
    pending.set(lastId, open);
    setImmediate(flush);
    return open;
  }

  function flush(): void {
    if (open === undefined) return;
    const sent = open;
    open = undefined;
    send(sent.request);
    // An answer that came while this process was busy is read before anybody gives up.
    const timer = setTimeout(() => setImmediate(sent.reject), counterTimeoutMs);
    const settled = () => {
      clearTimeout(timer);
      pending.delete(sent.request.id);
    };
    sent.reply.then(settled, settled);
  }

  async function take(keys: readonly string[]) {
    const { request: question, reply: answered } = openBatch();
    const first = question.take.length;
    question.take.push(...keys);
    const { counts } = await answered;
    return parseCounts(counts.slice(first * 3, (first + keys.length) * 3), keys.length);
  }

  async function isMarked(key: string): Promise<boolean> {
    const { request: question, reply: answered } = openBatch();
    const index = question.isMarked.push(key) - 1;
    return (await answered).marked[index] ?? false;
  }

  async function mark(key: string): Promise<void> {
    const { request: question, reply: answered } = openBatch();
    question.mark.push(key);
    await answered;
  }

  return {
    get isAvailable() {
      return breaker.isThere;
    },
    take: (claims) => breaker.ask(() => take(claims.map(({ key }) => key))),
    mark: (key) => breaker.ask(() => mark(key)),
    isMarked: (key) => breaker.ask(() => isMarked(key)),
    receive: (answer) => pending.get(answer.id)?.resolve(answer),
    open: async () => undefined,
    close: () => undefined,
  };
}
