import { setTimeout as sleep } from 'node:timers/promises';
import { addUp, type Family } from '../../metrics/families.ts';
import { withDeadline } from '../../platform/deadline.ts';

/** Whoever is busy for longer counts as it last was. */
const reportWithinMs = 1_000;

/** The metrics of workers; `Worker` is what the caller knows one by. */
export interface Figures<Worker> {
  /** Has `ask` call on each worker for a report. @returns the sum of all processes of the service. */
  gather(workers: Iterable<Worker>, ask: (worker: Worker) => void): Promise<Family[]>;
  report(worker: Worker, families: Family[]): void;
  /** What it has counted stays in the sum, up to its last report: a sum that falls looks like a new beginning. */
  end(worker: Worker): void;
}

/** @param own gives the metrics of this process, which serves nobody */
export function createFigures<Worker>(own: () => Family[]): Figures<Worker> {
  const reports = new Map<Worker, Family[]>();
  const awaited = new Map<Worker, PromiseWithResolvers<void>>();
  let ended: Family[] = [];

  function reportOf(worker: Worker, ask: (worker: Worker) => void): Promise<void> {
    const underWay = awaited.get(worker);
    if (underWay !== undefined) return underWay.promise;
    const asked = Promise.withResolvers<void>();
    awaited.set(worker, asked);
    ask(worker);
    return asked.promise;
  }

  function settle(worker: Worker): void {
    awaited.get(worker)?.resolve();
    awaited.delete(worker);
  }

  return {
    async gather(workers, ask) {
      const all = Promise.all([...workers].map((worker) => reportOf(worker, ask)));
      await Promise.race([all, sleep(reportWithinMs, undefined, { ref: false })]);
      return addUp([...reports.values(), own(), ended]);
    },
    report(worker, families) {
      reports.set(worker, families);
      settle(worker);
    },
    end(worker) {
      const counts = reports.get(worker)?.filter(({ type }) => type !== 'gauge') ?? [];
      ended = addUp([ended, counts]);
      reports.delete(worker);
      settle(worker);
    },
  };
}

/** The other side: how a worker gets the metrics of all. `gather` fails when the primary does not answer. */
export function createGathering(ask: () => void) {
  let awaited: PromiseWithResolvers<Family[]> | null = null;
  return {
    gather(): Promise<Family[]> {
      if (awaited === null) {
        awaited = Promise.withResolvers();
        ask();
      }
      return withDeadline(awaited.promise);
    },
    hear(families: Family[]): void {
      awaited?.resolve(families);
      awaited = null;
    },
  };
}
