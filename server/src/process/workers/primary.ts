import { once } from 'node:events';
import type { Config } from '../../config/config.ts';
import { connectionsEach, primaryConnections } from '../../config/workers.ts';
import { createWakeUps } from '../../feed/wake-ups.ts';
import { allJobs } from '../../jobs/all.ts';
import { createJobs, type Jobs } from '../../jobs/runner.ts';
import { createMemoryCounters, type Question } from '../../limits/memory.ts';
import { createProcessFigures } from '../../metrics/process.ts';
import { jobFigures, poolFigures } from '../../metrics/service.ts';
import { createLog } from '../../platform/log.ts';
import { type OpenDatabase, openDatabase } from '../database.ts';
import { withFreePort } from '../ports.ts';
import { announce, prepareDatabase, stopSignal, unlessAway, waitForDatabase } from '../start.ts';
import { type Fleet, startFleet } from './fleet.ts';
import type { ToWorker } from './messages.ts';

/**
 * Has several processes serve on one port; this one looks after the database, the upkeep and what they count together,
 * and answers no requests.
 * @throws StartError like `serve`, and when workers do not live.
 */
export async function serveByWorkers(config: Config): Promise<void> {
  const log = createLog(config.logLevel);
  const stop = stopSignal(log);
  const database = await openDatabase(withPool(config, primaryConnections), log);
  const wakeUps = createWakeUps(database.db, log, null);
  const jobs = createJobs({ config, db: database.db, wakeUps }, log, allJobs);
  const prepare = () => unlessAway(log, database.embedded !== null, () => prepareDatabase(database));
  let fleet: Fleet | undefined;

  async function untilStopped(isPrepared: boolean, { serving }: Fleet, withPort: Config): Promise<void> {
    const stopped = stop.aborted ? Promise.resolve() : once(stop, 'abort');
    await Promise.race([serving, stopped]);
    if (!stop.aborted) announce(withPort, database, log);
    if (!isPrepared) await waitForDatabase(log, stop, prepare);
    if (!stop.aborted) jobs.start();
    await stopped;
  }

  try {
    const isPrepared = await prepare();
    if (stop.aborted) return;
    const withPort = await withFreePort(config);
    fleet = startFleet(config.workers, log, ordersOf(withPort, database, jobs));
    await Promise.race([untilStopped(isPrepared, fleet, withPort), fleet.failed]);
  } finally {
    await fleet?.stop();
    await jobs.close();
    await wakeUps.close();
    await database.close();
    log.info('stopped');
  }
}

function ordersOf(config: Config, { connection, db }: OpenDatabase, jobs: Jobs) {
  const count = createMemoryCounters(config.limits);
  const share = shareOf(config);
  const { families } = createProcessFigures();
  return {
    start: (worker: number): ToWorker => ({ type: 'start', worker, config: share, connection }),
    answer: (question: Question): ToWorker => ({ type: 'answer', answer: count(question) }),
    figures: () => [...families(), ...poolFigures(db), ...jobFigures(jobs)],
  };
}

const withPool = (config: Config, poolMax: number): Config => ({
  ...config,
  database: { ...config.database, poolMax },
});

/** What is said of the whole service, for one of its workers. */
function shareOf(config: Config): Config {
  const { workers, database, cache } = config;
  const maxBytes = Math.floor(cache.maxBytes / workers);
  const poolMax = connectionsEach(database.poolMax, workers);
  const replica = database.replica && {
    ...database.replica,
    poolMax: Math.max(1, Math.floor(database.replica.poolMax / workers)),
  };
  return { ...config, database: { ...database, poolMax, replica }, cache: { ...cache, maxBytes } };
}
