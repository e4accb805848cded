import { CompiledQuery } from 'kysely';
import type { Db as BossDb, Clock, ConstructorOptions, PgBoss } from 'pg-boss';
import type { Logger } from 'pino';
import type { Db } from '../db/schema.ts';
import { queueSchema } from '../db/schema-location.ts';
import { channelTypes } from '../senders/model.ts';

export const queueNameOf = (channelType: string) => `deliver-${channelType}`;
export const queueNames = channelTypes.map(queueNameOf);

/** A job comes back so long after the last sign of life of its worker; workers give one every third of that. */
export const heartbeatSeconds = 30;

const daySeconds = 86_400;

export const queueOptions = {
  heartbeatSeconds,
  // A killed worker's job is claimed again, as often as it takes. Failed sends are retried by the delivery's row.
  retryLimit: 10_000,
  retryDelay: 0,
  expireInSeconds: 900,
  deleteAfterSeconds: daySeconds,
  retentionSeconds: 30 * daySeconds,
};

/** Nothing polls: intervals never fire. The worker calls `supervise` when there is something to do. */
const clockWithoutIntervals: Clock = {
  now: () => Date.now(),
  setTimeout: (callback, ms) => setTimeout(callback, ms),
  clearTimeout: (timer) => clearTimeout(timer instanceof Object ? Number(timer) : undefined),
  setInterval: () => null,
  clearInterval: () => undefined,
};

/** pg-boss on our pool, without its pollers. The first call loads it, which takes some 20 MB. */
export async function createBoss(
  db: Db,
  log: Logger,
  options: Partial<ConstructorOptions> = {},
): Promise<PgBoss> {
  const { PgBoss } = await import('pg-boss');
  const boss = new PgBoss({
    db: bossDb(db),
    schema: queueSchema,
    migrate: false,
    supervise: false,
    schedule: false,
    registerInstance: false,
    reindex: false,
    monitorVacuum: false,
    monitorIntervalSeconds: 5,
    maintenanceIntervalSeconds: 600,
    warningQueueSize: Number.MAX_SAFE_INTEGER,
    clock: clockWithoutIntervals,
    ...options,
  });
  // Without a listener an error would end the process.
  boss.on('error', (error) => log.warn({ reason: String(error) }, 'the job queue reports an error'));
  boss.on('warning', ({ message }) => log.debug({ message }, 'the job queue warns'));
  return boss;
}

/** A pool or a transaction as pg-boss uses it. */
export const bossDb = (db: Db): BossDb => ({
  executeSql: (text, values = []) =>
    values.length === 0 && /^\s*begin;/i.test(text)
      ? executeScript(db, text)
      : db.executeQuery<Record<string, unknown>>(CompiledQuery.raw(text, [...values])),
});

/** A script with a transaction of its own. After an error the connection has to leave that transaction. */
const executeScript = (db: Db, text: string) =>
  db.connection().execute(async (connection) => {
    try {
      return await connection.executeQuery<Record<string, unknown>>(CompiledQuery.raw(text));
    } catch (error) {
      await connection.executeQuery(CompiledQuery.raw('rollback')).catch(() => undefined);
      throw error;
    }
  });
