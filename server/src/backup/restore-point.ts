import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { StartError } from '../platform/errors.ts';
import { hasCode } from '../platform/files.ts';

/** Every write changes a row of one of these, so nothing of a user is written while they are locked. */
const guardTables = 'duly.owners, duly.audit_heads';
/** Shorter than `deadlock_timeout` (1 s): if a writer and this lock wait for each other, this one gives way. */
const lockTimeout = '500ms';
const maxAttempts = 60;
const retryMs = 500;

export interface RestorePoint {
  name: string;
  /** By the database's clock, ISO 8601. */
  at: string;
  /** Its position, such as `0/3000028`, and the WAL segment that contains it. */
  lsn: string;
  wal: string;
}

/**
 * Writes a restore point whose state is exactly the snapshot that `reader` then has open. Writers wait for that, some
 * milliseconds.
 * @param reader begins a REPEATABLE READ transaction, which the caller ends
 * @throws StartError if the tables are in use for 30 s
 */
export async function createRestorePoint(
  locker: Client,
  reader: Client,
  name: string,
): Promise<RestorePoint> {
  await locker.query(`set lock_timeout = '${lockTimeout}'`);
  for (let attempt = 1; ; attempt += 1) {
    try {
      await locker.query(`begin; lock table ${guardTables} in share mode`);
      break;
    } catch (error) {
      await locker.query('rollback');
      if (!hasCode(error, '55P03', '40P01')) throw error;
      if (attempt === maxAttempts)
        throw new StartError('backup: a transaction holds the tables for too long, try again later');
      await sleep(retryMs);
    }
  }
  try {
    await reader.query('begin isolation level repeatable read, read only');
    // The first statement takes the snapshot.
    await reader.query('select pg_current_snapshot()');
    const { rows } = await locker.query<{ at: string; lsn: string; wal: string }>(
      `with point as materialized (select pg_create_restore_point($1) as lsn)
      select lsn::text as lsn, pg_walfile_name(lsn) as wal, to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at
      from point`,
      [name],
    );
    if (rows[0] === undefined) throw new Error('the restore point returned no row');
    return { name, ...rows[0] };
  } finally {
    await locker.query('rollback');
  }
}
