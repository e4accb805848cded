import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Config } from '../config/config.ts';
import { verifyEpoch } from '../db/epoch.ts';
import { isPermissionDenied, isReadOnlyError, isUnavailableError } from '../db/failures.ts';
import type { DatabaseConnection } from '../db/hosts.ts';
import { connectionFromUrl, createDb } from '../db/pool.ts';
import type { EmbeddedServer } from '../db/postgres/embedded.ts';
import type { Db } from '../db/schema.ts';
import { StartError } from '../platform/errors.ts';

const poolGraceMs = 2_000;

/** The configured database: that of DATABASE_URL, or the embedded one. */
export interface OpenDatabase {
  db: Db;
  /** The pool's connection settings. */
  connection: DatabaseConnection;
  /** Null if DATABASE_URL is set. */
  embedded: EmbeddedServer | null;
  /** Runs long work, such as a migration, on a connection of its own without the client's time-out. */
  withoutTimeLimit<T>(work: (db: Db) => Promise<T>): Promise<T>;
  /** Closes the pool, then stops the embedded server. */
  close(): Promise<void>;
}

/** @returns the error as one line if an operator has to act on it, otherwise null */
export function databaseStartError(error: unknown): StartError | null {
  if (isPermissionDenied(error))
    return new StartError(`DATABASE_URL: got a role that may not do what is needed (${String(error)})`);
  if (isReadOnlyError(error))
    return new StartError(
      `DATABASE_URL: got a server that takes no writes now (${String(error)}), wants the primary; with several hosts, target_session_attrs=read-write`,
    );
  return isUnavailableError(error)
    ? new StartError(`DATABASE_URL: the database cannot be reached (${String(error)})`)
    : null;
}

/** @throws StartError if the embedded server cannot start. An external database is not connected to yet. */
export const openDatabase = (config: Config, log: Logger) => openConfigured(config, log, 'startEmbedded');

/** Where to LISTEN for other instances: DATABASE_DIRECT_URL if it is set. A pooler passes no notification on. */
export const listenConnection = (
  { database: { directUrl } }: Config,
  { connection }: Pick<OpenDatabase, 'connection'>,
): DatabaseConnection => (directUrl === null ? connection : connectionFromUrl(directUrl));

/** `openDatabase` for a command that may run beside a server: it shares an embedded database in use. */
export const joinDatabase = (config: Config, log: Logger) => openConfigured(config, log, 'joinEmbedded');

/** `openDatabase` for a worker process: it connects to the database that the primary process has opened. */
export const openWorkerDatabase = ({ database }: Config, connection: DatabaseConnection, log: Logger) =>
  openPool(connection, null, database.poolMax, log);

async function openConfigured(
  config: Config,
  log: Logger,
  start: 'startEmbedded' | 'joinEmbedded',
): Promise<OpenDatabase> {
  const { url, poolMax } = config.database;
  if (url !== null) return openPool(connectionFromUrl(url), null, poolMax, log);
  const archiveSeconds = config.backup.target === null ? null : config.backup.walSeconds;
  const { [start]: open } = await import('../db/postgres/embedded.ts');
  const embedded = await open({ dataDir: config.dataDir, log, archiveSeconds });
  return openPool(embedded.app, embedded, poolMax, log);
}

function openPool(
  connection: DatabaseConnection,
  embedded: EmbeddedServer | null,
  max: number,
  log: Logger,
): OpenDatabase {
  const db = createDb({ connection, max, log, verify: verifyEpoch });
  return {
    db,
    connection,
    embedded,
    async withoutTimeLimit(work) {
      const unlimitedDb = createDb({ connection, max: 1, log, queryTimeoutMs: 0 });
      try {
        return await work(unlimitedDb);
      } finally {
        await unlimitedDb.destroy();
      }
    },
    async close() {
      // A blocked statement holds its connection. The embedded server ends it on shutdown; an external one sees the
      // socket close.
      await Promise.race([db.destroy(), sleep(poolGraceMs, undefined, { ref: false })]);
      await embedded?.stop();
    },
  };
}
