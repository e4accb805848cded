import type { RefusedEntries } from '../audit/refused.ts';
import { poolUse } from '../db/pool.ts';
import type { Db } from '../db/schema.ts';
import type { Followers } from '../feed/followers.ts';
import type { EventStreams } from '../feed/streams.ts';
import type { Jobs } from '../jobs/runner.ts';
import type { Limits } from '../limits/service.ts';
import type { AnswerCache } from '../response-cache/cache.ts';
import type { Reads } from '../response-cache/replica-reads.ts';
import { by, counter, type Family, gauge, peak } from './families.ts';
import { createProcessFigures, type ProcessFigures } from './process.ts';
import { createRequestTimes, type RequestTimes } from './request-times.ts';

/** What an operator may want to know of the service, counted where it happens and gathered when it is asked for. */
export interface Metrics extends Pick<ProcessFigures, 'open' | 'close'> {
  requests: RequestTimes;
  /** Of this process. Asks neither the database nor anybody else. */
  families(): Family[];
  /** Of the whole service, be it one process or several. @throws AppError SERVICE_UNAVAILABLE */
  gather(): Promise<Family[]>;
}

interface Sources {
  db: Db;
  answers: AnswerCache;
  reads: Reads;
  limits: Limits;
  jobs: Jobs;
  followers: Followers;
  eventStreams: EventStreams;
  refusedEntries: RefusedEntries;
}

export function createMetrics(sources: Sources): Metrics {
  const requests = createRequestTimes();
  const own = createProcessFigures();
  const families = () => [
    requests.family(),
    ...own.families(),
    ...poolFigures(sources.db),
    ...serviceFigures(sources),
    ...auditFigures(sources.refusedEntries),
    ...jobFigures(sources.jobs),
  ];
  return { requests, open: own.open, close: own.close, families, gather: async () => families() };
}

export function poolFigures(db: Db): Family[] {
  const { total, idle, waiting, max } = poolUse(db);
  return [
    gauge('duly_database_connections', 'Connections of the pool.', by('state', { idle, used: total - idle })),
    gauge('duly_database_connections_max', 'The most there may be.', max),
    gauge('duly_database_waiting', 'Who waits for a connection.', waiting),
  ];
}

export const jobFigures = (jobs: Jobs): Family[] => [
  peak(
    'duly_job_last_success_timestamp_seconds',
    'When upkeep was last done without a fault, in Unix time.',
    by('job', jobs.lastSuccess()),
  ),
];

function auditFigures(refusedEntries: RefusedEntries): Family[] {
  const { refused, held } = refusedEntries.counts();
  return [
    counter(
      'duly_audit_refused_entries_total',
      'Audit entries that the database refused for good: of counts and attempts, which are kept; of writes, which were undone.',
      by('of', refused),
    ),
    gauge('duly_audit_held_entries', 'Refused audit entries that are in memory only.', held),
  ];
}

function serviceFigures({ answers, reads, limits, followers, eventStreams }: Sources): Family[] {
  const { hits, misses, stale, bytes, entries } = answers.use();
  const streams = eventStreams.count();
  return [
    counter(
      'duly_answer_cache_requests_total',
      'What was asked of the kept answers, and whether there was one that held.',
      by('result', { hit: hits, miss: misses, stale }),
    ),
    gauge('duly_answer_cache_bytes', 'Memory of kept answers.', bytes),
    gauge('duly_answer_cache_entries', 'Kept answers.', entries),
    counter(
      'duly_answers_read_total',
      'Answers that were made anew, by the server that they were read from.',
      by('server', reads.use()),
    ),
    gauge('duly_event_streams', 'Event streams that are open.', streams),
    gauge('duly_waiting_requests', 'Requests that wait for a change.', followers.count() - streams),
    counter(
      'duly_rate_limit_refusals_total',
      'Requests that a limit refused.',
      by('limit', limits.refusals()),
    ),
  ];
}
