import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientConfig } from 'pg';
import type { Logger } from 'pino';
import type { Config } from './config.ts';
import { type EmbeddedServer, startEmbedded } from './db/embedded.ts';
import { connectionFromUrl, createDb } from './db/pool.ts';
import type { Db } from './db/schema.ts';

const poolGraceMs = 2_000;

/** The database of the settings: the one of DATABASE_URL, or the embedded one, started. */
export interface OpenDatabase {
  db: Db;
  /** Null when DATABASE_URL names the database. */
  embedded: EmbeddedServer | null;
  /** Runs work that may take its time, such as a migration, on connections of its own. */
  withoutTimeLimit<T>(work: (db: Db) => Promise<T>): Promise<T>;
  /** Closes the pool, then stops the embedded server. */
  close(): Promise<void>;
}

/** @throws StartError when the embedded server cannot start. An external one is not asked for yet. */
export async function openDatabase(config: Config, log: Logger): Promise<OpenDatabase> {
  const { url, poolMax } = config.database;
  if (url !== null) return openPool(connectionFromUrl(url), null, poolMax, log);
  const embedded = await startEmbedded({ dataDir: config.dataDir, log });
  return openPool(embedded.app, embedded, poolMax, log);
}

function openPool(
  connection: ClientConfig,
  embedded: EmbeddedServer | null,
  max: number,
  log: Logger,
): OpenDatabase {
  const db = createDb({ connection, max, log });
  return {
    db,
    embedded,
    async withoutTimeLimit(work) {
      const patient = createDb({ connection, max: 1, log, queryTimeoutMs: 0 });
      try {
        return await work(patient);
      } finally {
        await patient.destroy();
      }
    },
    async close() {
      // A statement that waits holds its connection; the embedded server ends it, an external one sees us go.
      await Promise.race([db.destroy(), sleep(poolGraceMs, undefined, { ref: false })]);
      await embedded?.stop();
    },
  };
}
