import { unavailable } from './errors.ts';

/** Runs a piece of work in its turn. @throws AppError SERVICE_UNAVAILABLE when too many wait already. */
export type InTurn = <T>(work: () => Promise<T>) => Promise<T>;

/** A queue with an end: so much work at a time, and so much waiting. */
export function createTurns(atATime: number, longestQueue: number): InTurn {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (running >= atATime) {
      if (waiting.length >= longestQueue) throw unavailable();
      await new Promise<void>((begin) => waiting.push(begin));
    } else {
      running += 1;
    }
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
