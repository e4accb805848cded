import type { RefusedEntries } from '../audit/refused-entries.ts';
import type { Config } from '../config/config.ts';
import { breakerStats, poolStats } from '../db/pool.ts';
import type { Db } from '../db/schema.ts';
import type { EventStreams } from '../feed/event-streams.ts';
import type { Subscriptions } from '../feed/subscriptions.ts';
import type { Jobs } from '../jobs/runner.ts';
import type { Limits } from '../limits/service.ts';
import type { ResponseCache } from '../response-cache/cache.ts';
import type { ReadRouter } from '../response-cache/read-router.ts';
import { backupMetrics } from './backup.ts';
import { certificateMetrics } from './certificate.ts';
import { createProcessMetrics, type ProcessMetrics } from './process.ts';
import { createRequestDurations, type RequestDurations } from './request-durations.ts';
import { byLabel, counter, gauge, type MetricFamily, maxGauge } from './text-format.ts';

/** The metrics of `/metrics`. Other modules count; their counts are read when they are scraped. */
export interface Metrics extends Pick<ProcessMetrics, 'open' | 'close'> {
  requests: RequestDurations;
  /** The metrics of this process. Sends no query and no message. */
  families(): MetricFamily[];
  /** The metrics of all workers, or of the only process. @throws AppError SERVICE_UNAVAILABLE without the primary */
  gather(): Promise<MetricFamily[]>;
  /** Adds the figures of the HTTP server, which is built later. */
  observeOverload(stats: () => OverloadStats): void;
}

/** Requests that are worked on, that wait for it, and that were refused so far. */
interface OverloadStats {
  active: number;
  waiting: number;
  refused: number;
}

interface MetricsSources {
  config: Config;
  db: Db;
  responseCache: ResponseCache;
  readRouter: ReadRouter;
  limits: Limits;
  jobs: Jobs;
  subscriptions: Subscriptions;
  eventStreams: EventStreams;
  refusedEntries: RefusedEntries;
}

export function createMetrics(sources: MetricsSources): Metrics {
  const requests = createRequestDurations();
  const processMetrics = createProcessMetrics();
  let overloadStats: () => OverloadStats = () => ({ active: 0, waiting: 0, refused: 0 });
  const families = () => [
    requests.family(),
    ...overloadMetrics(overloadStats()),
    ...processMetrics.families(),
    ...poolMetrics(sources.db),
    ...serviceMetrics(sources),
    ...auditMetrics(sources.refusedEntries),
    ...jobMetrics(sources.jobs),
    ...backupMetrics(sources.config),
    ...certificateMetrics(sources.config),
  ];
  const { open, close } = processMetrics;
  const observeOverload = (stats: () => OverloadStats) => {
    overloadStats = stats;
  };
  return { requests, open, close, families, gather: async () => families(), observeOverload };
}

export function poolMetrics(db: Db): MetricFamily[] {
  const { total, idle, waiting, max } = poolStats(db);
  const { isOpen, openings } = breakerStats(db);
  return [
    gauge(
      'duly_database_connections',
      'Connections of the pool.',
      byLabel('state', { idle, used: total - idle }),
    ),
    gauge('duly_database_connections_max', 'The most there may be.', max),
    gauge('duly_database_waiting', 'Who waits for a connection.', waiting),
    maxGauge(
      'duly_database_breaker_open',
      'Whether requests are refused because the database does not answer.',
      isOpen ? 1 : 0,
    ),
    counter('duly_database_breaker_openings_total', 'How often that has begun.', openings),
  ];
}

const overloadMetrics = ({ active, waiting, refused }: OverloadStats): MetricFamily[] => [
  gauge(
    'duly_requests',
    'Requests that are worked on, and that wait for their turn.',
    byLabel('state', { active, waiting }),
  ),
  counter('duly_requests_refused_total', 'Requests that got a 503 because too many were waiting.', refused),
];

export const jobMetrics = (jobs: Jobs): MetricFamily[] => [
  maxGauge(
    'duly_job_last_success_timestamp_seconds',
    'When upkeep was last done without a fault, in Unix time.',
    byLabel('job', jobs.lastSuccess()),
  ),
];

function auditMetrics(refusedEntries: RefusedEntries): MetricFamily[] {
  const { refused, held } = refusedEntries.counts();
  return [
    counter(
      'duly_audit_refused_entries_total',
      'Audit entries that the database refused for good: of counts and attempts, which are kept; of writes, which were undone.',
      byLabel('of', refused),
    ),
    gauge('duly_audit_held_entries', 'Refused audit entries that are in memory only.', held),
  ];
}

function serviceMetrics({
  responseCache,
  readRouter,
  limits,
  subscriptions,
  eventStreams,
}: MetricsSources): MetricFamily[] {
  const { hits, misses, stale, bytes, entries } = responseCache.stats();
  const streams = eventStreams.count();
  return [
    counter(
      'duly_answer_cache_requests_total',
      'What was asked of the kept answers, and whether there was one that held.',
      byLabel('result', { hit: hits, miss: misses, stale }),
    ),
    gauge('duly_answer_cache_bytes', 'Memory of kept answers.', bytes),
    gauge('duly_answer_cache_entries', 'Kept answers.', entries),
    counter(
      'duly_answers_read_total',
      'Answers that were made anew, by the server that they were read from.',
      byLabel('server', readRouter.stats()),
    ),
    gauge('duly_event_streams', 'Event streams that are open.', streams),
    gauge('duly_waiting_requests', 'Requests that wait for a change.', subscriptions.count() - streams),
    counter(
      'duly_rate_limit_refusals_total',
      'Requests that a limit refused.',
      byLabel('limit', limits.refusalCounts()),
    ),
  ];
}
