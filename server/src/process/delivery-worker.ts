import { once } from 'node:events';
import type { Logger } from 'pino';
import type { Config } from '../config/config.ts';
import type { Db } from '../db/schema.ts';
import { requireUsableSchema } from '../db/schema-fit.ts';
import { type ChangeNotifier, createChangeNotifier } from '../feed/change-notifier.ts';
import { createLog } from '../platform/log.ts';
import type { DeliveryWorker } from '../worker/worker.ts';
import { joinDatabase, listenConnection } from './database.ts';
import { unlessUnavailable, waitForDatabase } from './start.ts';
import { createStopSignal } from './stop-signals.ts';
import { openTracing } from './tracing.ts';

interface WorkerParts {
  config: Config;
  db: Db;
  log: Logger;
  changeNotifier: ChangeNotifier;
}

/** A worker, not started yet. Its modules are loaded here: processes without a worker do without them. */
async function openDeliveryWorker({ config, db, log, changeNotifier }: WorkerParts): Promise<DeliveryWorker> {
  const [{ createDeliveryWorker }, { createWorkerContext }, { createSenders }] = await Promise.all([
    import('../worker/worker.ts'),
    import('../worker/create-context.ts'),
    import('../senders/senders.ts'),
  ]);
  const senders = createSenders(config, db, log);
  const worker = createDeliveryWorker(createWorkerContext(config, db, log, changeNotifier, senders));
  return {
    ...worker,
    async close() {
      await worker.close();
      await senders.close();
    },
  };
}

/** The worker of a process that serves; null with WORKER=off. */
export const openInsideWorker = async (parts: WorkerParts): Promise<DeliveryWorker | null> =>
  parts.config.deliveryWorker === 'inside' ? openDeliveryWorker(parts) : null;

/**
 * Sends reminders until a stop signal, and serves no requests. Several of these and of `serve` may run at once.
 * @throws StartError if the database's version does not permit a start
 */
export async function runDeliveryWorker(config: Config): Promise<void> {
  const log = createLog(config.logLevel);
  const stop = createStopSignal(log);
  const tracing = await openTracing(config, log);
  const database = await joinDatabase(config, log);
  const { db } = database;
  const changeNotifier = createChangeNotifier(db, log, listenConnection(config, database));
  const worker = await openDeliveryWorker({ config, db, log, changeNotifier });
  const source = config.database.url === null ? 'DATA_DIR' : 'DATABASE_URL';
  const check = async () => {
    const { requireQueue } = await import('../worker/queue-schema.ts');
    await requireUsableSchema(db, source);
    await requireQueue(db, source);
  };
  const prepare = () => unlessUnavailable(log, database.embedded !== null, check);
  try {
    if (!(await prepare())) await waitForDatabase(log, stop, prepare);
    if (!stop.aborted) {
      worker.start();
      log.info('the worker runs');
      await once(stop, 'abort');
    }
  } finally {
    await worker.close();
    await changeNotifier.close();
    await database.close();
    await tracing?.close();
    log.info('stopped');
  }
}
