import { sql } from 'kysely';
import bossPackage from 'pg-boss/package.json' with { type: 'json' };
import type { Logger } from 'pino';
import type { Db } from '../db/schema.ts';
import { queueSchema } from '../db/schema-location.ts';
import { StartError } from '../platform/errors.ts';
import { createBoss, queueNames, queueOptions } from './boss.ts';

/**
 * Installs or updates the schema of the queue. Instances may do so at the same time. The schema itself may have been
 * made before, for a role that may not make schemas.
 * @returns whether anything had to be done
 */
export async function migrateQueue(db: Db, log: Logger): Promise<boolean> {
  if ((await findFault(db)) === null) return false;
  const boss = await createBoss(db, log, { migrate: true, createSchema: !(await hasSchema(db)) });
  try {
    await boss.start();
    for (const name of queueNames) {
      await boss.createQueue(name, queueOptions);
      await boss.updateQueue(name, queueOptions);
    }
  } finally {
    await boss.stop();
  }
  return true;
}

async function hasSchema(db: Db): Promise<boolean> {
  const { rows } = await sql`select from pg_namespace where nspname = ${queueSchema}`.execute(db);
  return rows.length > 0;
}

/** @throws StartError that names the command to run, if the queue is not installed or of another version */
export async function requireQueue(db: Db, source = 'DATABASE_URL'): Promise<void> {
  const fault = await findFault(db);
  if (fault !== null)
    throw new StartError(`${source}: the job queue is not ready (${fault}); run: npm run migrate -- up`);
}

/** Compares the schema with what pg-boss wants, without loading it. @returns why the queue cannot be used, or null */
async function findFault(db: Db): Promise<string | null> {
  const installed = await sql<{ version: string | null }>`
    select to_regclass(${`${queueSchema}.version`})::text as version`.execute(db);
  if (installed.rows[0]?.version === null) return 'it is not installed';
  const { rows } = await sql<{ version: number; names: string[] }>`
    select version, array(select name from ${sql.table(`${queueSchema}.queue`)}) as names
    from ${sql.table(`${queueSchema}.version`)}`.execute(db);
  const [found] = rows;
  const wanted = bossPackage.pgboss.schema;
  if (found?.version !== wanted) return `its schema has version ${found?.version}, and ${wanted} is wanted`;
  return queueNames.every((name) => found.names.includes(name)) ? null : 'a queue is missing';
}
