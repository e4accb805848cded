import { sql } from 'kysely';
import type { Logger } from 'pino';
import { isPermissionDenied, isUnavailableError } from '../db/failures.ts';
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
  if ((await findFault(db, log)) === null) return false;
  const boss = createBoss(db, log, { migrate: true, createSchema: !(await hasSchema(db)) });
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
export async function requireQueue(db: Db, log: Logger, source = 'DATABASE_URL'): Promise<void> {
  const fault = await findFault(db, log);
  if (fault !== null)
    throw new StartError(`${source}: the job queue is not ready (${fault}); run: npm run migrate -- up`);
}

/** @returns why the queue cannot be used, or null */
async function findFault(db: Db, log: Logger): Promise<string | null> {
  const boss = createBoss(db, log);
  try {
    await boss.start();
    const found = new Set((await boss.getQueues()).map(({ name }) => name));
    return queueNames.every((name) => found.has(name)) ? null : 'a queue is missing';
  } catch (error) {
    if (isUnavailableError(error) || isPermissionDenied(error) || !(error instanceof Error)) throw error;
    return error.message;
  } finally {
    await boss.stop();
  }
}
