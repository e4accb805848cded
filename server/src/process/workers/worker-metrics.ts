import { setTimeout as sleep } from 'node:timers/promises';
import { aggregate, type MetricFamily } from '../../metrics/text-format.ts';
import { withDeadline } from '../../platform/deadline.ts';

/** Whoever is busy for longer counts as it last was. */
const reportTimeoutMs = 1_000;

/** The metrics of workers; `Worker` is what the caller knows one by. */
export interface WorkerMetrics<Worker> {
  /** Has `ask` call on each worker for a report. @returns the sum of all processes of the service. */
  gather(workers: Iterable<Worker>, ask: (worker: Worker) => void): Promise<MetricFamily[]>;
  report(worker: Worker, families: MetricFamily[]): void;
  /** What it has counted stays in the sum, up to its last report: a sum that falls looks like a new beginning. */
  remove(worker: Worker): void;
}

/** @param ownMetrics gives the metrics of this process, which serves nobody */
export function createWorkerMetrics<Worker>(ownMetrics: () => MetricFamily[]): WorkerMetrics<Worker> {
  const reports = new Map<Worker, MetricFamily[]>();
  const pendingReports = new Map<Worker, PromiseWithResolvers<void>>();
  let endedCounts: MetricFamily[] = [];

  function requestReport(worker: Worker, ask: (worker: Worker) => void): Promise<void> {
    const pending = pendingReports.get(worker);
    if (pending !== undefined) return pending.promise;
    const reply = Promise.withResolvers<void>();
    pendingReports.set(worker, reply);
    ask(worker);
    return reply.promise;
  }

  function settle(worker: Worker): void {
    pendingReports.get(worker)?.resolve();
    pendingReports.delete(worker);
  }

  return {
    async gather(workers, ask) {
      const all = Promise.all([...workers].map((worker) => requestReport(worker, ask)));
      await Promise.race([all, sleep(reportTimeoutMs, undefined, { ref: false })]);
      return aggregate([...reports.values(), ownMetrics(), endedCounts]);
    },
    report(worker, families) {
      reports.set(worker, families);
      settle(worker);
    },
    remove(worker) {
      const counts = reports.get(worker)?.filter(({ type }) => type !== 'gauge') ?? [];
      endedCounts = aggregate([endedCounts, counts]);
      reports.delete(worker);
      settle(worker);
    },
  };
}

/** The other side: how a worker gets the metrics of all. `gather` fails when the primary does not answer. */
export function createMetricsClient(requestMetrics: () => void) {
  let pending: PromiseWithResolvers<MetricFamily[]> | null = null;
  return {
    gather(): Promise<MetricFamily[]> {
      if (pending === null) {
        pending = Promise.withResolvers();
        requestMetrics();
      }
      return withDeadline(pending.promise);
    },
    receive(families: MetricFamily[]): void {
      pending?.resolve(families);
      pending = null;
    },
  };
}
