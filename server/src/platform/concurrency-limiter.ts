import { serviceUnavailable } from './errors.ts';

/**
 * Runs `work` when as many slots are free as it takes, one by default. @throws AppError SERVICE_UNAVAILABLE if the queue
 * is full
 */
export type ConcurrencyLimiter = <T>(work: () => Promise<T>, slots?: number) => Promise<T>;

/** A semaphore with a bounded queue: work takes at most `maxConcurrent` slots at a time, at most `maxQueued` wait. */
export function createConcurrencyLimiter(maxConcurrent: number, maxQueued: number): ConcurrencyLimiter {
  let free = maxConcurrent;
  const queue: { slots: number; start: () => void }[] = [];
  const startNext = () => {
    for (let [next] = queue; next !== undefined && next.slots <= free; [next] = queue) {
      queue.shift();
      free -= next.slots;
      next.start();
    }
  };
  return async (work, slots = 1) => {
    if (queue.length > 0 || free < slots) {
      if (queue.length >= maxQueued) throw serviceUnavailable();
      await new Promise<void>((resolve) => queue.push({ slots, start: resolve }));
    } else {
      free -= slots;
    }
    try {
      return await work();
    } finally {
      free += slots;
      startNext();
    }
  };
}

/** A limiter for each key, such as a user. It exists while it has work. */
export function createKeyedConcurrencyLimiter(maxConcurrent: number, maxQueued: number) {
  const queues = new Map<string, { limiter: ConcurrencyLimiter; count: number }>();
  return async <T>(key: string, work: () => Promise<T>, slots?: number): Promise<T> => {
    const queue = queues.get(key) ?? {
      limiter: createConcurrencyLimiter(maxConcurrent, maxQueued),
      count: 0,
    };
    queues.set(key, queue);
    queue.count += 1;
    try {
      return await queue.limiter(work, slots);
    } finally {
      queue.count -= 1;
      if (queue.count === 0) queues.delete(key);
    }
  };
}
