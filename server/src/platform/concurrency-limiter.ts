import { serviceUnavailable } from './errors.ts';

/** Runs `work` when a slot is free. @throws AppError SERVICE_UNAVAILABLE if the queue is full */
export type ConcurrencyLimiter = <T>(work: () => Promise<T>) => Promise<T>;

/** A semaphore with a bounded queue: `maxConcurrent` run at a time, at most `maxQueued` wait. */
export function createConcurrencyLimiter(maxConcurrent: number, maxQueued: number): ConcurrencyLimiter {
  let running = 0;
  const queue: (() => void)[] = [];
  return async (work) => {
    if (running >= maxConcurrent) {
      if (queue.length >= maxQueued) throw serviceUnavailable();
      await new Promise<void>((resolve) => queue.push(resolve));
    } else {
      running += 1;
    }
    try {
      return await work();
    } finally {
      const next = queue.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}

/** A limiter for each key, such as a user. It exists while it has work. */
export function createKeyedConcurrencyLimiter(maxConcurrent: number, maxQueued: number) {
  const queues = new Map<string, { limiter: ConcurrencyLimiter; count: number }>();
  return async <T>(key: string, work: () => Promise<T>): Promise<T> => {
    const queue = queues.get(key) ?? {
      limiter: createConcurrencyLimiter(maxConcurrent, maxQueued),
      count: 0,
    };
    queues.set(key, queue);
    queue.count += 1;
    try {
      return await queue.limiter(work);
    } finally {
      queue.count -= 1;
      if (queue.count === 0) queues.delete(key);
    }
  };
}
