import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { errorCodeOf } from '../../src/db/failures.ts';
import type { ConnectionSettings } from '../../src/db/postgres/embedded.ts';
import { templateName } from './global-setup.ts';
import { wrongTagCountsQuery } from './tag-counts.ts';

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

export interface TestDatabase {
  connection: ConnectionSettings;
  /** Drops the database. Fails if a test left wrong tag counts. */
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
  const database = `test_${randomUUID().replaceAll('-', '')}`;
  const template = from === 'template' ? templateName : 'template0';
  await asAdmin(`create database ${database} template ${template} ${locale} owner ${app.user}`);
  return {
    connection: { ...app, database },
    async drop() {
      const wrong = await findWrongTagCounts(database);
      await asAdmin(`drop database ${database} with (force)`);
      if (wrong.length > 0) throw new Error(`tags are miscounted: ${JSON.stringify(wrong)}`);
    },
  };
}

const undefinedTable = '42P01';
const undefinedColumn = '42703';

/** Tags whose stored count is wrong; empty for a database without the table or column. */
async function findWrongTagCounts(database: string): Promise<unknown[]> {
  try {
    return await asAdmin(wrongTagCountsQuery, database);
  } catch (error) {
    if ([undefinedTable, undefinedColumn].includes(errorCodeOf(error))) return [];
    throw error;
  }
}

/** The connection as a DATABASE_URL. */
export function urlOf({ host, port, user, password, database }: ConnectionSettings): string {
  return `postgresql://${user}:${encodeURIComponent(password)}@${encodeURIComponent(host)}:${port}/${database}`;
}
