/** How many questions in a row a worker may leave unanswered. */
const maxUnanswered = 5;

export interface Liveness<Worker> {
  /** To be called at each answer of a worker. */
  answered(worker: Worker): void;
  close(): void;
}

/**
 * Asks workers by turns whether their event loops turn. Questions are counted, not time: while this process stands
 * still, as on a machine that was suspended, it asks nothing.
 * @param timeoutMs after which a worker that does not answer is passed to `onHung`, once
 */
export function watchWorkers<Worker extends object>(
  workers: ReadonlySet<Worker>,
  timeoutMs: number,
  ask: (worker: Worker) => void,
  onHung: (worker: Worker) => void,
): Liveness<Worker> {
  const unanswered = new WeakMap<Worker, number>();
  function askAll(): void {
    for (const worker of workers) {
      const count = unanswered.get(worker) ?? 0;
      unanswered.set(worker, count + 1);
      if (count < maxUnanswered) ask(worker);
      else if (count === maxUnanswered) onHung(worker);
    }
  }
  const timer = setInterval(askAll, timeoutMs / maxUnanswered).unref();
  return {
    answered: (worker) => void unanswered.set(worker, 0),
    close: () => clearInterval(timer),
  };
}
