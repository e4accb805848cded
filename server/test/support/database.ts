import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { errorCodeOf } from '../../src/db/failures.ts';
import { createDb } from '../../src/db/pool.ts';
import type { ConnectionSettings } from '../../src/db/postgres/embedded.ts';
import { distributeTables, dropOnWorkers, joinWorkers } from './citus.ts';
import { migrateAll } from './global-setup.ts';
import { silentLog as log } from './log.ts';
import { findFaults } from './stored-tags.ts';

/** Runs one statement as the superuser of the test server. */
export async function asAdmin<Row extends pg.QueryResultRow>(
  text: string,
  database = 'postgres',
): Promise<Row[]> {
  const client = new pg.Client({ ...inject('admin'), database });
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}

/**
 * Executes statements as somebody with full access, for whom no trigger and no foreign key is checked. On Citus only
 * `set local`, and only when it is sent by itself, reaches the nodes that have the rows.
 */
export async function tamper(statements: readonly string[], database: string): Promise<void> {
  const client = new pg.Client({ ...inject('admin'), database });
  await client.connect();
  const settings = [
    "set local citus.propagate_set_commands = 'local'",
    'set local session_replication_role = replica',
  ];
  try {
    for (const text of ['begin', ...settings, ...statements, 'commit']) await client.query(text);
  } finally {
    await client.end();
  }
}

export interface TestDatabase {
  connection: ConnectionSettings;
  /** Drops the database. Fails if a test left tags on rows, or counts of tags, that are wrong. */
  drop(): Promise<void>;
}

/**
 * Creates a database: a clone of the migrated template, or an empty one.
 * @param locale for an empty one, as `create database` takes it: `locale_provider libc locale 'C'`
 */
export async function createDatabase(
  from: 'template' | 'empty' = 'template',
  locale = '',
): Promise<TestDatabase> {
  const app = inject('app');
  const database = `${inject('databasePrefix')}${randomUUID().replaceAll('-', '')}`;
  const template = from === 'template' ? inject('template') : null;
  const isCitus = inject('workers').length > 0 && from === 'template';
  // Copies files instead of writing each page to the WAL: half the processor time to create and drop a clone.
  const strategy = template === null ? '' : 'strategy file_copy';
  await asAdmin(
    `create database ${database} template ${template ?? 'template0'} ${strategy} ${locale} owner ${app.user}`,
  );
  if (isCitus) await joinWorkers(database);
  if (from === 'template' && template === null) await migrateAll({ ...app, database });
  if (isCitus) await distributeTables(database);
  return {
    connection: { ...app, database },
    async drop() {
      const faults = await findFaultsIn(database);
      await asAdmin(`drop database ${database} with (force)`);
      if (isCitus) await dropOnWorkers(database);
      if (faults.length > 0) throw new Error(`faults in the data: ${JSON.stringify(faults.slice(0, 10))}`);
    },
  };
}

const undefinedTable = '42P01';
const undefinedColumn = '42703';

/** Empty for a database of an older schema. */
async function findFaultsIn(database: string): Promise<string[]> {
  const db = createDb({ connection: { ...inject('admin'), database }, max: 1, log });
  try {
    return (await findFaults(db)).faults;
  } catch (error) {
    if ([undefinedTable, undefinedColumn].includes(errorCodeOf(error))) return [];
    throw error;
  } finally {
    await db.destroy();
  }
}

/** The connection as a DATABASE_URL. */
export function urlOf({ host, port, user, password, database }: ConnectionSettings): string {
  return `postgresql://${user}:${encodeURIComponent(password)}@${encodeURIComponent(host)}:${port}/${database}`;
}
