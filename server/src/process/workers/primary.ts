import { once } from 'node:events';
import { sql } from 'kysely';
import { createBackupService } from '../../backup/service.ts';
import type { Config } from '../../config/config.ts';
import { connectionsPerWorker } from '../../config/workers.ts';
import { createChangeNotifier } from '../../feed/change-notifier.ts';
import { allJobs } from '../../jobs/all.ts';
import { createJobs, type Jobs } from '../../jobs/runner.ts';
import { type CounterRequest, createMemoryCounters } from '../../limits/memory-counters.ts';
import { deliveryMetrics } from '../../metrics/deliveries.ts';
import { createProcessMetrics } from '../../metrics/process.ts';
import { jobMetrics, poolMetrics } from '../../metrics/service.ts';
import { createLog } from '../../platform/log.ts';
import type { DeliveryWorker } from '../../worker/worker.ts';
import { listenConnection, type OpenDatabase, openDatabase } from '../database.ts';
import { openInsideWorker } from '../delivery-worker.ts';
import { reservePort } from '../ports.ts';
import { prepareDatabase, printStartBanner, unlessUnavailable, waitForDatabase } from '../start.ts';
import { createStopSignal } from '../stop-signals.ts';
import type { MessageToWorker } from './messages.ts';
import { startWorkerPool, type WorkerPool } from './worker-pool.ts';

/**
 * Runs several worker processes on one port. This process runs the database, the jobs and the shared counters, and
 * serves no requests.
 * @throws StartError like `serve`, and if workers keep failing before they serve
 */
export async function serveWithWorkers(config: Config): Promise<void> {
  const log = createLog(config.logLevel);
  const stop = createStopSignal(log);
  const database = await openDatabase(withPoolSize(config, primaryPoolSize(config)), log);
  const changeNotifier = createChangeNotifier(database.db, log, listenConnection(config, database));
  const jobs = createJobs({ config, db: database.db, changeNotifier }, log, allJobs);
  const backups = createBackupService(config.backup, config.dataDir, database.embedded, log);
  const prepare = () =>
    unlessUnavailable(log, database.embedded !== null, () => prepareDatabase(database, log, config.erasure));
  const deliveries = await openInsideWorker({ ...database, config, log, changeNotifier });
  let workerPool: WorkerPool | undefined;

  async function runUntilStopped(
    isPrepared: boolean,
    { serving }: WorkerPool,
    boundConfig: Config,
  ): Promise<void> {
    const stopped = stop.aborted ? Promise.resolve() : once(stop, 'abort');
    await Promise.race([serving, stopped]);
    if (!stop.aborted) printStartBanner(boundConfig, database, log);
    if (!isPrepared) await waitForDatabase(log, stop, prepare);
    if (!stop.aborted) {
      jobs.start();
      deliveries?.start();
      backups?.start();
    }
    await stopped;
  }

  try {
    const isPrepared = await prepare();
    if (stop.aborted) return;
    const boundConfig = await reservePort(config);
    workerPool = startWorkerPool(config, log, createPrimaryHandlers(boundConfig, database, jobs, deliveries));
    await Promise.race([runUntilStopped(isPrepared, workerPool, boundConfig), workerPool.failed]);
  } finally {
    await Promise.all([workerPool?.stop(), deliveries?.close()]);
    await jobs.close();
    await backups?.close();
    await changeNotifier.close();
    await database.close();
    log.info('stopped');
  }
}

function createPrimaryHandlers(
  config: Config,
  { connection, db }: OpenDatabase,
  jobs: Jobs,
  deliveries: DeliveryWorker | null,
) {
  const countRequest = createMemoryCounters(config.limits);
  const configForWorker = workerConfig(config);
  const { families } = createProcessMetrics();
  return {
    startMessage: (worker: number): MessageToWorker => ({
      type: 'start',
      worker,
      config: configForWorker,
      connection,
    }),
    replyMessage: (request: CounterRequest): MessageToWorker => ({
      type: 'counter-reply',
      reply: countRequest(request),
    }),
    metrics: () => [
      ...families(),
      ...poolMetrics(db),
      ...jobMetrics(jobs),
      ...(deliveries === null ? [] : deliveryMetrics(deliveries)),
    ],
    // This process uses the database too seldom to find out by itself. A connection is checked before its use.
    onServerChange: () => void sql`select`.execute(db).catch(() => undefined),
  };
}

const withPoolSize = (config: Config, poolMax: number): Config => ({
  ...config,
  database: { ...config.database, poolMax },
});

/** What the workers leave. */
const primaryPoolSize = ({ workers, database: { poolMax } }: Config): number =>
  poolMax - workers * connectionsPerWorker(poolMax, workers);

/** A worker's share of the service's connections and cache memory. */
function workerConfig(config: Config): Config {
  const { workers, database, cache } = config;
  const maxBytes = Math.floor(cache.maxBytes / workers);
  const poolMax = connectionsPerWorker(database.poolMax, workers);
  const replica = database.replica && {
    ...database.replica,
    poolMax: Math.max(1, Math.floor(database.replica.poolMax / workers)),
  };
  return { ...config, database: { ...database, poolMax, replica }, cache: { ...cache, maxBytes } };
}
