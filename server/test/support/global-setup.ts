import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { migrateUp } from '../../src/db/migrator.ts';
import { createDb } from '../../src/db/pool.ts';
import { type ConnectionSettings, startEmbedded } from '../../src/db/postgres/embedded.ts';
import { migrateQueue } from '../../src/worker/queue-schema.ts';
import { silentLog as log } from './log.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Superuser of the one PostgreSQL server that all test files share. */
    admin: ConnectionSettings;
    app: ConnectionSettings;
    /** The migrated database that every test file gets a clone of; null if each database is migrated. */
    template: string | null;
    databasePrefix: string;
    /** The workers of a Citus cluster; none on PostgreSQL. */
    workers: { host: string; port: number }[];
  }
}

const template = 'duly_template';

/** Data need not survive a power failure; tests of durability start servers of their own. */
const unsafeAndQuick = ['fsync', 'synchronous_commit', 'full_page_writes'];

/** Starts one real PostgreSQL for the run, with a migrated template database. */
export default async function setup(project: TestProject) {
  const directory = await mkdtemp(join(tmpdir(), 'duly-test-'));
  // As root, the server runs under another account, which must traverse this directory.
  await chmod(directory, 0o755);
  const dataDir = join(directory, 'data');
  const server = await startEmbedded({ dataDir, log });
  const admin = new pg.Client(server.admin);
  await admin.connect();
  for (const setting of unsafeAndQuick) await admin.query(`alter system set ${setting} = off`);
  await admin.query('select pg_reload_conf()');
  await admin.query(`create database ${template} owner ${server.app.user}`);
  await admin.end();
  await migrateAll({ ...server.app, database: template });
  project.provide('admin', server.admin);
  project.provide('app', server.app);
  project.provide('template', template);
  project.provide('databasePrefix', 'test_');
  project.provide('workers', []);
  return async () => {
    await server.stop();
    await rm(directory, { recursive: true, force: true });
  };
}

/** Migrates an empty database, and prepares its job queue. */
export async function migrateAll(connection: ConnectionSettings): Promise<void> {
  const db = createDb({ connection, max: 2, log });
  await migrateUp(db);
  await migrateQueue(db, log);
  await db.destroy();
}
