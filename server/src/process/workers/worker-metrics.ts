import { setTimeout as sleep } from 'node:timers/promises';
import { aggregate, type MetricFamily } from '../../metrics/text-format.ts';
import { withDeadline } from '../../platform/deadline.ts';

/** A worker that takes longer is counted with its previous report. */
const reportTimeoutMs = 1_000;

/** Sums the metrics of worker processes. `Worker` identifies one of them. */
export interface WorkerMetrics<Worker> {
  /** Calls `sendRequest` for each worker, and waits up to 1 s for the reports. @returns the sum over all processes */
  gather(workers: Iterable<Worker>, sendRequest: (worker: Worker) => void): Promise<MetricFamily[]>;
  report(worker: Worker, families: MetricFamily[]): void;
  /** Removes a worker. Its last counters stay in the sum, because Prometheus takes a falling counter for a restart. */
  remove(worker: Worker): void;
}

/** @param ownMetrics metrics of this process, which serves no requests */
export function createWorkerMetrics<Worker>(ownMetrics: () => MetricFamily[]): WorkerMetrics<Worker> {
  const reports = new Map<Worker, MetricFamily[]>();
  const pendingReports = new Map<Worker, PromiseWithResolvers<void>>();
  let endedCounts: MetricFamily[] = [];

  function requestReport(worker: Worker, sendRequest: (worker: Worker) => void): Promise<void> {
    const pending = pendingReports.get(worker);
    if (pending !== undefined) return pending.promise;
    const reply = Promise.withResolvers<void>();
    pendingReports.set(worker, reply);
    sendRequest(worker);
    return reply.promise;
  }

  function settle(worker: Worker): void {
    pendingReports.get(worker)?.resolve();
    pendingReports.delete(worker);
  }

  return {
    async gather(workers, sendRequest) {
      const all = Promise.all([...workers].map((worker) => requestReport(worker, sendRequest)));
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

/** A worker's side: requests the metrics of all processes. `gather` rejects after 2 s without a reply. */
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
