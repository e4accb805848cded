import { once } from 'node:events';
import { ensureSigningKey } from '../accounts/signing-key.ts';
import { createBackupService } from '../backup/service.ts';
import type { Config } from '../config/config.ts';
import type { HttpSettings } from '../config/http.ts';
import type { Context } from '../context.ts';
import { buildApp } from '../http/app.ts';
import type { App } from '../http/app-type.ts';
import { listen } from '../http/edge/listeners.ts';
import { deliveryMetrics } from '../metrics/deliveries.ts';
import { addressesOf } from '../platform/addresses.ts';
import { createLog } from '../platform/log.ts';
import type { DeliveryWorker } from '../worker/worker.ts';
import { createContext } from './context.ts';
import { openDatabase } from './database.ts';
import { openInsideWorker } from './delivery-worker.ts';
import { releaseMemoryWhenIdle } from './idle-memory.ts';
import { reservePort } from './ports.ts';
import { portError, prepareDatabase, printStartBanner, unlessUnavailable, waitForDatabase } from './start.ts';
import { createStopSignal } from './stop-signals.ts';
import { openTracing } from './tracing.ts';

/**
 * Length of the accept queue; the system may cap it. A shorter queue would drop some of the connections after a start,
 * and their clients would retry seconds later.
 */
const backlog = 4_096;
/** What a stop takes after the last request: jobs, sends and connections have limits of their own. */
const closeSeconds = 6;

/** How long running requests may take after the server was stopped. */
const shutdownGraceMs = ({ shutdownSeconds }: Config) => Math.max(1, shutdownSeconds - closeSeconds) * 1_000;

/**
 * Serves until a stop signal or the end of the launcher. Then finishes running requests and stops the database.
 * @throws StartError if a setting, the port or the database's version does not permit a start
 */
export async function serveAlone(settings: Config): Promise<void> {
  const log = createLog(settings.logLevel);
  const stop = createStopSignal(log);
  const config = settings.http.port === 0 ? await reservePort(settings) : settings;
  const database = await openDatabase(config, log);
  const backups = createBackupService(config.backup, config.dataDir, database.embedded, log);
  try {
    const ownContext = createContext(config, database.db, log, database.connection);
    const worker = await openInsideWorker(ownContext);
    const ctx = worker === null ? ownContext : withWorkerMetrics(ownContext, worker);
    stop.addEventListener('abort', () => void worker?.close());
    const prepare = async () => {
      await prepareDatabase(database, log, config.erasure);
      await ensureSigningKey(ctx.db, config.auth.secrets);
    };
    await serveHttp(ctx, stop, {
      prepare: () => unlessUnavailable(log, database.embedded !== null, prepare),
      onListening: () => printStartBanner(config, database, log),
      onReady() {
        ctx.jobs.start();
        worker?.start();
        backups?.start();
      },
    });
    await worker?.close();
  } finally {
    await backups?.close();
    await database.close();
    log.info('stopped');
  }
}

function withWorkerMetrics(ctx: Context, worker: DeliveryWorker): Context {
  const families = () => [...ctx.metrics.families(), ...deliveryMetrics(worker)];
  return { ...ctx, metrics: { ...ctx.metrics, families, gather: async () => families() } };
}

/** Called before and after the port opens. */
interface ServeHooks {
  /** Options of Node's `listen` besides host and port. */
  listenOptions?: { reusePort: boolean };
  /**
   * Prepares the database before the port opens.
   * @returns false if an external database is unavailable; it is called again until it succeeds
   */
  prepare(): Promise<boolean>;
  onListening(): void;
  onReady(): void;
}

/** Serves until `stop` aborts, then lets running requests finish, within SHUTDOWN_TIMEOUT_SECONDS. */
export async function serveHttp(ctx: Context, stop: AbortSignal, hooks: ServeHooks): Promise<void> {
  const tracing = await openTracing(ctx.config, ctx.log);
  const app = await buildApp(ctx, tracing?.requests);
  try {
    const isPrepared = await hooks.prepare();
    if (!stop.aborted) {
      await listenOn(app, ctx.config.http, hooks.listenOptions ?? {});
      hooks.onListening();
      if (!isPrepared) await waitForDatabase(ctx.log, stop, hooks.prepare);
    }
    if (!stop.aborted) {
      hooks.onReady();
      const keepMemory = releaseMemoryWhenIdle();
      await once(stop, 'abort');
      keepMemory();
    }
  } finally {
    setTimeout(() => app.server.closeAllConnections(), shutdownGraceMs(ctx.config)).unref();
    await app.close();
    await tracing?.close();
  }
}

async function listenOn(app: App, http: HttpSettings, options: object): Promise<void> {
  try {
    await listen(app, http, addressesOf(http.host), { backlog, ...options });
  } catch (error) {
    throw portError(error, http) ?? error;
  }
}
