import { constants, PerformanceObserver } from 'node:perf_hooks';
import { histogram, labels, type MetricFamily } from './text-format.ts';

/** A histogram of the pauses of garbage collection. */
export interface GcMetrics {
  open(): void;
  close(): void;
  family(): MetricFamily;
}

/** In seconds, as prom-client has them, which dashboards for Node.js expect. */
const bounds = [0.001, 0.01, 0.1, 1, 2, 5];

const kinds = new Map([
  [constants.NODE_PERFORMANCE_GC_MINOR, 'minor'],
  [constants.NODE_PERFORMANCE_GC_MAJOR, 'major'],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, 'incremental'],
  [constants.NODE_PERFORMANCE_GC_WEAKCB, 'weakcb'],
]);

/** `@types/node` has no `detail.kind` for entries of garbage collection. */
function kindOf(entry: object): number {
  const detail: unknown = 'detail' in entry ? entry.detail : undefined;
  return typeof detail === 'object' && detail !== null && 'kind' in detail ? Number(detail.kind) : Number.NaN;
}

export function createGcMetrics(): GcMetrics {
  /** Buckets are cumulative. All kinds exist from the start, so that `rate()` includes the first pause of each. */
  const values: Record<string, number> = {};
  const add = (key: string, amount: number) => {
    values[key] = (values[key] ?? 0) + amount;
  };

  function count(kind: string, seconds: number, times: number): void {
    for (const le of [...bounds, Number.POSITIVE_INFINITY]) {
      const text = le === Number.POSITIVE_INFINITY ? '+Inf' : String(le);
      add(`_bucket${labels({ kind, le: text })}`, seconds <= le ? times : 0);
    }
    add(`_sum${labels({ kind })}`, seconds * times);
    add(`_count${labels({ kind })}`, times);
  }

  for (const kind of kinds.values()) count(kind, 0, 0);
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const kind = kinds.get(kindOf(entry));
      if (kind !== undefined) count(kind, entry.duration / 1_000, 1);
    }
  });
  return {
    open: () => observer.observe({ entryTypes: ['gc'] }),
    close: () => observer.disconnect(),
    family: () =>
      histogram('nodejs_gc_duration_seconds', 'Pauses for the collection of garbage, by its kind.', {
        ...values,
      }),
  };
}
