import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Config } from '../config/config.ts';
import type { HttpSettings } from '../config/http.ts';
import { checkEpoch, fileIdentity } from '../db/epoch.ts';
import { isReadOnlyError, isTlsError, isUnavailableError } from '../db/failures.ts';
import { migrateUp, requireMigrated } from '../db/migrator.ts';
import { requireSupported } from '../db/server-requirements.ts';
import { StartError } from '../platform/errors.ts';
import { databaseStartError, type OpenDatabase } from './database.ts';

const databaseRetryMs = 1_000;

/** What asks a process to end: a service manager, Ctrl-C and Ctrl-\ in a terminal, and a terminal that is closed. */
export const stopSignals = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'] as const;

/** Aborted by one of those, the loss of the launcher, or a fault that nothing caught; from the first moment on. */
export function createStopSignal(log: Logger): AbortSignal {
  const stopping = new AbortController();
  const stop = (reason: string) => {
    if (!stopping.signal.aborted) log.info({ reason }, 'stopping');
    stopping.abort();
  };
  for (const signal of stopSignals) process.on(signal, () => stop(signal));
  process.on('disconnect', () => stop('the launcher is gone'));
  onUncaughtException(log, () => stop('a fault'));
  return stopping.signal;
}

/**
 * For a command: rejects with a StartError at a signal to stop. Raced with the work from before the database is opened,
 * it lets an embedded database that was started for the command be stopped.
 */
export function rejectOnStopSignal(): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => undefined);
  for (const signal of stopSignals) process.on(signal, () => reject(new StartError(`stopped by ${signal}`)));
  return promise;
}

/** A fault that nothing caught ends the process with code 1, but not before it has stopped as it should. */
export function onUncaughtException(log: Logger, stop: () => void): void {
  process.on('uncaughtException', (error) => {
    log.fatal({ err: { type: error.name, stack: error.stack } }, 'a fault that nothing caught');
    process.exitCode = 1;
    stop();
  });
}

/** Migrates the embedded database, or checks an external one. */
export async function prepareDatabase({ db, embedded, withoutTimeLimit }: OpenDatabase): Promise<void> {
  await requireSupported(db);
  if (embedded !== null) await withoutTimeLimit(migrateUp);
  await requireMigrated(db, embedded === null ? 'DATABASE_URL' : 'DATA_DIR');
  // Written once, when the cluster is made.
  await checkEpoch(
    db,
    embedded === null ? null : fileIdentity(join(embedded.clusterDirectory, 'PG_VERSION')),
  );
}

/** @returns whether `work` was done: false when the database is away, and another's to bring back. */
export async function unlessUnavailable(
  log: Logger,
  isEmbedded: boolean,
  work: () => Promise<void>,
): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (isEmbedded) throw error;
    if (!isUnavailableError(error) || isTlsError(error)) throw databaseStartError(error) ?? error;
    const message = isReadOnlyError(error)
      ? 'the database of DATABASE_URL takes no writes; upkeep waits until it does'
      : 'DATABASE_URL cannot be reached; not ready until it can';
    log.warn({ reason: String(error) }, message);
    return false;
  }
}

/** Asks again and again until `prepare` is done, or the server stops. */
export async function waitForDatabase(log: Logger, stop: AbortSignal, prepare: () => Promise<boolean>) {
  while (!stop.aborted) {
    // Ends early, with an error of no interest, when the server stops.
    await sleep(databaseRetryMs, undefined, { signal: stop }).catch(() => undefined);
    if (!stop.aborted && (await prepare())) {
      log.info('the database is here');
      return;
    }
  }
}

/** What is wrong with a port that cannot be opened, if that is something to be set right. */
export function portError(error: unknown, { host, port }: HttpSettings): StartError | null {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'EADDRINUSE') return new StartError(`PORT: got ${port}, which is in use; wants a free port`);
  if (code === 'EACCES')
    return new StartError(`PORT: got ${port}, which this user may not open; wants one from 1024`);
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return new StartError(`HOST: got ${JSON.stringify(host)}, which is no address of this machine`);
  return null;
}

/** The first start is a person at a terminal: plain lines say where things are. */
export function printStartBanner({ auth, workers }: Config, { embedded }: OpenDatabase, log: Logger): void {
  log.info({ url: auth.baseUrl, ...(workers > 1 ? { workers } : {}) }, 'serving');
  if (!embedded?.firstStart && !process.stdout.isTTY) return;
  const lines = [
    `Duly serves on ${auth.baseUrl}`,
    `  API page   ${auth.baseUrl}/docs`,
    `  data       ${embedded === null ? 'the database of DATABASE_URL' : embedded.clusterDirectory}`,
    '  stop       Ctrl-C',
  ];
  process.stderr.write(`${lines.join('\n')}\n`);
}
