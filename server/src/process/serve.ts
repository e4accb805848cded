import { once } from 'node:events';
import { ensureSigningKey } from '../accounts/signing-key.ts';
import type { Config } from '../config/config.ts';
import type { HttpSettings } from '../config/http.ts';
import type { Context } from '../context.ts';
import { buildApp } from '../http/app.ts';
import type { App } from '../http/app-type.ts';
import { listen } from '../http/edge/listeners.ts';
import { addressesOf } from '../platform/addresses.ts';
import { createLog } from '../platform/log.ts';
import { createContext } from './context.ts';
import { openDatabase } from './database.ts';
import { reservePort } from './ports.ts';
import {
  createStopSignal,
  portError,
  prepareDatabase,
  printStartBanner,
  unlessUnavailable,
  waitForDatabase,
} from './start.ts';

/**
 * How many new connections may wait to be taken on; the system may allow fewer. Of those that come at once after a
 * start, a shorter queue would drop some, and they would try again seconds later.
 */
const backlog = 4_096;
/** How long requests under way have to finish once the server stops. */
const shutdownGraceMs = 4_000;

/**
 * Serves until a signal to stop or the loss of the launcher; then finishes what is under way and stops the database.
 * @throws StartError when a setting, the port or the database's version forbids to serve.
 */
export async function serve(settings: Config): Promise<void> {
  const log = createLog(settings.logLevel);
  const stop = createStopSignal(log);
  const config = settings.http.port === 0 ? await reservePort(settings) : settings;
  const database = await openDatabase(config, log);
  try {
    const ctx = createContext(config, database.db, log, database.connection);
    const prepare = async () => {
      await prepareDatabase(database);
      await ensureSigningKey(ctx.db, ctx.betterAuth);
    };
    await serveHttp(ctx, stop, {
      prepare: () => unlessUnavailable(log, database.embedded !== null, prepare),
      onListening: () => printStartBanner(config, database, log),
      onReady: () => ctx.jobs.start(),
    });
  } finally {
    await database.close();
    log.info('stopped');
  }
}

/** What happens around the port. */
interface ServeHooks {
  /** Of Node's, besides host and port. */
  listenOptions?: { reusePort: boolean };
  /**
   * An embedded database, or an external one that answers, is prepared before the port opens.
   * @returns false while it is away.
   */
  prepare(): Promise<boolean>;
  onListening(): void;
  onReady(): void;
}

/** Serves on the port until `stop`; then lets requests under way finish. A slow client does not hold that up. */
export async function serveHttp(ctx: Context, stop: AbortSignal, hooks: ServeHooks): Promise<void> {
  await ctx.betterAuth.$context;
  const app = await buildApp(ctx);
  try {
    const isPrepared = await hooks.prepare();
    if (!stop.aborted) {
      await listenOn(app, ctx.config.http, hooks.listenOptions ?? {});
      hooks.onListening();
      if (!isPrepared) await waitForDatabase(ctx.log, stop, hooks.prepare);
    }
    if (!stop.aborted) {
      hooks.onReady();
      await once(stop, 'abort');
    }
  } finally {
    setTimeout(() => app.server.closeAllConnections(), shutdownGraceMs).unref();
    await app.close();
  }
}

async function listenOn(app: App, http: HttpSettings, options: object): Promise<void> {
  try {
    await listen(app, http, addressesOf(http.host), { backlog, ...options });
  } catch (error) {
    throw portError(error, http) ?? error;
  }
}
