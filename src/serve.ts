import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { ensureSigningKey } from './auth/signing-key.ts';
import type { Config } from './config.ts';
import { type Context, createContext } from './context.ts';
import { type OpenDatabase, openDatabase } from './database.ts';
import { isUnavailable } from './db/failures.ts';
import { migrateUp, requireMigrated } from './db/migrator.ts';
import { requireSupported } from './db/requirements.ts';
import { StartError } from './errors.ts';
import { buildApp } from './http/app.ts';
import type { App } from './http/app-type.ts';
import { createLog } from './log.ts';

const databaseRetryMs = 1_000;
/** How long requests under way have to finish once the server stops. */
const graceMs = 4_000;

/**
 * Serves until SIGTERM, SIGINT or the loss of the launcher; then finishes what is under way and stops the database.
 * @throws StartError when a setting, the port or the database's version forbids to serve.
 */
export async function serve(config: Config): Promise<void> {
  const log = createLog(config.logLevel);
  const stop = stopSignal(log);
  const database = await openDatabase(config, log);
  let app: App | undefined;
  try {
    const ctx = createContext(config, database.db, log, database.connection);
    await ctx.betterAuth.$context;
    app = await buildApp(ctx);
    // An embedded database, or an external one that answers, is ready before the port opens.
    const isReady = await prepareDatabase(ctx, database);
    if (!stop.aborted) {
      await listen(app, config);
      announce(config, database, log);
      if (!isReady) await waitForDatabase(ctx, database, stop);
    }
    if (!stop.aborted) {
      ctx.jobs.start();
      await once(stop, 'abort');
    }
  } finally {
    await shutDown(app, database, log);
  }
}

/** Aborted by SIGTERM, SIGINT, the loss of the launcher, or a fault that nothing caught; from the first moment on. */
function stopSignal(log: Logger): AbortSignal {
  const stopping = new AbortController();
  const stop = (reason: string) => {
    if (!stopping.signal.aborted) log.info({ reason }, 'stopping');
    stopping.abort();
  };
  process.on('SIGTERM', () => stop('SIGTERM'));
  process.on('SIGINT', () => stop('SIGINT'));
  process.on('disconnect', () => stop('the launcher is gone'));
  process.on('uncaughtException', (error) => {
    log.fatal({ err: { type: error.name, stack: error.stack } }, 'a fault that nothing caught');
    process.exitCode = 1;
    stop('a fault');
  });
  return stopping.signal;
}

/** Lets requests under way finish, closes the pool, stops the embedded server; neither a slow client nor a waiting statement holds it up. */
async function shutDown(app: App | undefined, database: OpenDatabase, log: Logger): Promise<void> {
  setTimeout(() => app?.server.closeAllConnections(), graceMs).unref();
  await app?.close();
  await database.close();
  log.info('stopped');
}

/**
 * Migrates the embedded database or checks an external one, and makes the signing key.
 * @returns false when an external database is away.
 */
async function prepareDatabase(ctx: Context, database: OpenDatabase): Promise<boolean> {
  const { db, embedded } = database;
  try {
    await requireSupported(db);
    if (embedded !== null) await database.withoutTimeLimit(migrateUp);
    await requireMigrated(db, embedded === null ? 'DATABASE_URL' : 'DATA_DIR');
    await ensureSigningKey(db, ctx.betterAuth);
    return true;
  } catch (error) {
    if (embedded !== null || !isUnavailable(error)) throw error;
    ctx.log.warn({ reason: String(error) }, 'DATABASE_URL cannot be reached; not ready until it can');
    return false;
  }
}

async function waitForDatabase(ctx: Context, database: OpenDatabase, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    // Ends early, with an error of no interest, when the server stops.
    await sleep(databaseRetryMs, undefined, { signal: stop }).catch(() => undefined);
    if (!stop.aborted && (await prepareDatabase(ctx, database))) {
      ctx.log.info('the database is here');
      return;
    }
  }
}

async function listen(app: App, { http }: Config): Promise<void> {
  try {
    const scheme = http.tls === null ? 'http' : 'https';
    const listenTextResolver = (address: string) => `listening at ${address.replace(/^http/, scheme)}`;
    await app.listen({ host: http.host, port: http.port, listenTextResolver });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'EADDRINUSE')
      throw new StartError(`PORT: got ${http.port}, which is in use; wants a free port`);
    if (code === 'EACCES')
      throw new StartError(`PORT: got ${http.port}, which this user may not open; wants one from 1024`);
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
      throw new StartError(`HOST: got ${JSON.stringify(http.host)}, which is no address of this machine`);
    }
    throw error;
  }
}

/** The first start is a person at a terminal: plain lines say where things are. */
function announce({ auth }: Config, { embedded }: OpenDatabase, log: Logger): void {
  log.info({ url: auth.baseUrl }, 'serving');
  if (!embedded?.firstStart && !process.stdout.isTTY) return;
  const lines = [
    `Duly serves on ${auth.baseUrl}`,
    `  API page   ${auth.baseUrl}/docs`,
    `  data       ${embedded === null ? 'the database of DATABASE_URL' : embedded.dataDir}`,
    '  stop       Ctrl-C',
  ];
  process.stderr.write(`${lines.join('\n')}\n`);
}
