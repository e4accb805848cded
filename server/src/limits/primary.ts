import type { Logger } from 'pino';
import type { Answer, Question } from './memory.ts';
import { answerWithinMs, countsOf, createAvailability, type SharedCounters } from './shared.ts';

interface Batch {
  question: Question;
  answered: Promise<Answer>;
  settle(answer: Answer): void;
  fail(): void;
}

function createBatch(id: number): Batch {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const fail = () => reject(new Error(`no answer in ${answerWithinMs} ms`));
  return { question: { id, take: [], mark: [], isMarked: [] }, answered: promise, settle: resolve, fail };
}

/** The counters that a worker shares with the others, and what brings the answers to its questions. */
export interface PrimaryCounters extends SharedCounters {
  hear(answer: Answer): void;
}

/**
 * Counters in the memory of the process that started this one. All that is asked in one turn of the event loop is one
 * message.
 */
export function createPrimaryCounters(log: Logger, send: (question: Question) => void): PrimaryCounters {
  const waiting = new Map<number, Batch>();
  let open: Batch | undefined;
  let lastId = 0;
  const guard = createAvailability(
    {
      away: 'the primary process does not answer: rate limits are counted by each worker for itself',
      back: 'the primary process answers: rate limits are shared again',
    },
    log,
  );

  function batch(): Batch {
    if (open !== undefined) return open;
    lastId += 1;
    open = createBatch(lastId);
    waiting.set(lastId, open);
    setImmediate(flush);
    return open;
  }

  function flush(): void {
    if (open === undefined) return;
    const sent = open;
    open = undefined;
    send(sent.question);
    // An answer that came while this process was busy is read before anybody gives up.
    const timer = setTimeout(() => setImmediate(sent.fail), answerWithinMs);
    const settled = () => {
      clearTimeout(timer);
      waiting.delete(sent.question.id);
    };
    sent.answered.then(settled, settled);
  }

  async function take(keys: readonly string[]) {
    const { question, answered } = batch();
    const first = question.take.length;
    question.take.push(...keys);
    const { counts } = await answered;
    return countsOf(counts.slice(first * 3, (first + keys.length) * 3), keys.length);
  }

  async function isMarked(key: string): Promise<boolean> {
    const { question, answered } = batch();
    const index = question.isMarked.push(key) - 1;
    return (await answered).marked[index] ?? false;
  }

  async function mark(key: string): Promise<void> {
    const { question, answered } = batch();
    question.mark.push(key);
    await answered;
  }

  return {
    get isThere() {
      return guard.isThere;
    },
    take: (claims) => guard.ask(() => take(claims.map(({ key }) => key))),
    mark: (key) => guard.ask(() => mark(key)),
    isMarked: (key) => guard.ask(() => isMarked(key)),
    hear: (answer) => waiting.get(answer.id)?.settle(answer),
    open: async () => undefined,
    close: () => undefined,
  };
}
