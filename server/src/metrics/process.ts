import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { version } from '../platform/version.ts';
import { descriptorMetrics } from './descriptors.ts';
import { createGcMetrics } from './gc.ts';
import { counter, gauge, labels, type MetricFamily, maxGauge } from './text-format.ts';

/** Metrics of this process, named as prom-client names them, which dashboards for Node.js expect. */
export interface ProcessMetrics {
  /** Starts measuring event-loop lag and garbage collection. */
  open(): void;
  close(): void;
  families(): MetricFamily[];
}

/** Period of the timer whose intervals are measured. Lag is the measured interval minus this period. */
const resolutionMs = 20;
const nanosecond = 1e-9;
const microsecond = 1e-6;
const millisecond = 1e-3;

/** Always 1: the information is in the labels. */
const buildInfo = maxGauge('duly_build_info', 'What runs.', {
  [labels({ version, node: process.versions.node })]: 1,
});

export function createProcessMetrics(): ProcessMetrics {
  const delays = monitorEventLoopDelay({ resolution: resolutionMs });
  const gc = createGcMetrics();

  /** Resets the histogram, so that each scrape has the lag since the previous one. */
  function lag(): MetricFamily[] {
    const late = (nanoseconds: number) =>
      delays.count === 0 ? 0 : Math.max(0, nanoseconds * nanosecond - resolutionMs * millisecond);
    const since = 'since the figures were read before.';
    const families = [
      maxGauge(
        'nodejs_eventloop_lag_mean_seconds',
        `How late the event loop was, ${since}`,
        late(delays.mean),
      ),
      maxGauge(
        'nodejs_eventloop_lag_p99_seconds',
        `Its 99th percentile ${since}`,
        late(delays.percentile(99)),
      ),
      maxGauge('nodejs_eventloop_lag_max_seconds', `The longest it was late ${since}`, late(delays.max)),
    ];
    delays.reset();
    return families;
  }

  return {
    open() {
      delays.enable();
      gc.open();
    },
    close() {
      delays.disable();
      gc.close();
    },
    families() {
      const { user, system } = process.cpuUsage();
      const { rss, heapUsed, heapTotal, external } = process.memoryUsage();
      const { active } = performance.eventLoopUtilization();
      return [
        buildInfo,
        gauge('duly_processes', 'Processes that these figures are of.', 1),
        counter(
          'process_cpu_user_seconds_total',
          'Processor time outside of the kernel.',
          user * microsecond,
        ),
        counter('process_cpu_system_seconds_total', 'Processor time inside of it.', system * microsecond),
        gauge('process_resident_memory_bytes', 'Memory that is really there.', rss),
        maxGauge(
          'process_start_time_seconds',
          'When the process began, in Unix time.',
          performance.timeOrigin * millisecond,
        ),
        gauge('nodejs_heap_size_used_bytes', "JavaScript's objects.", heapUsed),
        gauge('nodejs_heap_size_total_bytes', 'The room for them.', heapTotal),
        gauge('nodejs_external_memory_bytes', 'Buffers and the like, beside the heap.', external),
        counter(
          'duly_event_loop_active_seconds_total',
          'Time in which the event loop had something to do.',
          active * millisecond,
        ),
        ...descriptorMetrics(),
        gc.family(),
        ...lag(),
      ];
    },
  };
}
