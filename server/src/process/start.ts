import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Config } from '../config/config.ts';
import type { ErasureSettings } from '../config/erasure.ts';
import type { HttpSettings } from '../config/http.ts';
import { checkEpoch, fileIdentity } from '../db/epoch.ts';
import { isReadOnlyError, isTlsError, isUnavailableError } from '../db/failures.ts';
import { migrateUp } from '../db/migrator.ts';
import type { Db } from '../db/schema.ts';
import { logSchemaFit, requireUsableSchema } from '../db/schema-fit.ts';
import { requireSupported } from '../db/server-requirements.ts';
import { replayErasures } from '../erasure/replay.ts';
import { StartError } from '../platform/errors.ts';
import { StoreError } from '../stores/store.ts';
import { databaseStartError, type OpenDatabase } from './database.ts';

const databaseRetryMs = 1_000;

/**
 * Migrates the embedded database, or checks the version of an external one.
 * @throws StartError if the server or its schema does not fit this version
 */
export async function prepareDatabase(
  { db, embedded, withoutTimeLimit }: OpenDatabase,
  log: Logger,
  erasures: ErasureSettings,
): Promise<void> {
  const { migrateQueue, requireQueue } = await import('../worker/queue-schema.ts');
  await requireSupported(db);
  if (embedded !== null) {
    await withoutTimeLimit(migrateUp);
    await withoutTimeLimit((unlimited) => migrateQueue(unlimited, log));
  }
  const source = embedded === null ? 'DATABASE_URL' : 'DATA_DIR';
  logSchemaFit(log, await requireUsableSchema(db, source));
  await requireQueue(db, source);
  // initdb writes this file once.
  await checkEpoch(
    db,
    embedded === null ? null : fileIdentity(join(embedded.clusterDirectory, 'PG_VERSION')),
  );
  const erased = await replayReadableErasures(db, log, erasures);
  if (erased > 0) log.warn({ users: erased }, 'a restored database had erased users: they are erased again');
}

/** A bucket that is away does not stop a start: the list of DATA_DIR has what was erased here. */
async function replayReadableErasures(db: Db, log: Logger, erasures: ErasureSettings): Promise<number> {
  try {
    return await replayErasures(db, erasures, { attempts: 1 });
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    log.warn({ reason: error.message }, 'the erasure list beside the backups cannot be read');
    return replayErasures(db, { ...erasures, copy: null });
  }
}

/**
 * @returns whether `work` succeeded; false if an external database is unavailable
 * @throws StartError if an operator has to act, and every error of an embedded database
 */
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

/** Retries `prepare` each second until it returns true or `stop` aborts. */
export async function waitForDatabase(log: Logger, stop: AbortSignal, prepare: () => Promise<boolean>) {
  while (!stop.aborted) {
    // `sleep` rejects when the server stops.
    await sleep(databaseRetryMs, undefined, { signal: stop }).catch(() => undefined);
    if (!stop.aborted && (await prepare())) {
      log.info('the database is here');
      return;
    }
  }
}

/** @returns the StartError for a port or address that cannot be bound; null for any other error */
export function portError(error: unknown, { host, port }: HttpSettings): StartError | null {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'EADDRINUSE') return new StartError(`PORT: got ${port}, which is in use; wants a free port`);
  if (code === 'EACCES')
    return new StartError(`PORT: got ${port}, which this user may not open; wants one from 1024`);
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return new StartError(`HOST: got ${JSON.stringify(host)}, which is no address of this machine`);
  return null;
}

/** At the first start, or on a terminal, plain lines on stderr show the addresses. */
export function printStartBanner(
  { auth, http, workers }: Config,
  { embedded }: OpenDatabase,
  log: Logger,
): void {
  log.info({ url: auth.baseUrl, ...(workers > 1 ? { workers } : {}) }, 'serving');
  if (!embedded?.firstStart && !process.stdout.isTTY) return;
  const lines = [
    `Duly serves on ${auth.baseUrl}`,
    ...(http.webDirectory === null ? [] : [`  web app    ${auth.baseUrl}/`]),
    `  API page   ${auth.baseUrl}/docs`,
    `  data       ${embedded === null ? 'the database of DATABASE_URL' : embedded.clusterDirectory}`,
    '  stop       Ctrl-C',
  ];
  process.stderr.write(`${lines.join('\n')}\n`);
}
