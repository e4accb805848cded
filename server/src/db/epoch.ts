import { statSync } from 'node:fs';
import { sql } from 'kysely';
import type { PoolClient } from 'pg';
import { errorCodeOf } from './failures.ts';
import type { Db } from './schema.ts';

/**
 * A history of the data. Where the database is set back to a backup, or a copy of it is promoted, another one begins: a
 * revision or version of the one before then stands for nothing.
 */
export interface Epoch {
  /** Random; sealed into cursors and event ids. */
  id: string;
  /** The first change of a task in this epoch makes its version at least this; 0 in the first epoch. */
  versionFloor: number;
}

const epochColumns = sql`id, version_floor as "versionFloor"`;

/**
 * The epoch of this moment; begins another one where the server or its files are not those that it was last seen on.
 * @param files of an embedded database, `fileIdentity`
 */
export async function checkEpoch(db: Db, files: string | null = null): Promise<Epoch> {
  const { rows } = await sql<Epoch>`select ${epochColumns} from duly.check_epoch(${files})`.execute(db);
  return requireEpoch(rows);
}

/** Begins another epoch, for a database that was set back in a way that it cannot notice. */
export async function beginEpoch(db: Db): Promise<Epoch> {
  const { rows } = await sql<Epoch>`select ${epochColumns} from duly.begin_epoch()`.execute(db);
  return requireEpoch(rows);
}

function requireEpoch([epoch]: Epoch[]): Epoch {
  if (epoch === undefined) throw new Error('a database without an epoch');
  return epoch;
}

/** No such schema, table or function: the database is not migrated yet. */
const notMigratedCodes = new Set(['3F000', '42P01', '42883']);

/** Looks at where a new connection leads before anything is asked over it. */
export async function verifyEpoch(client: PoolClient): Promise<void> {
  try {
    await client.query('select duly.check_epoch()');
  } catch (error) {
    if (!notMigratedCodes.has(errorCodeOf(error))) throw error;
  }
}

/**
 * Whether something sealed in an epoch belongs to this one. What names none was made before epochs were: in the first.
 */
export const belongsToEpoch = (id: string | null, epoch: Epoch): boolean =>
  id === null ? epoch.versionFloor === 0 : id === epoch.id;

/**
 * Tells a copy of a database's files from what it was copied from: the inode of one that is written once, and when it
 * was made. A file of the same inode may be another one, made later.
 */
export function fileIdentity(path: string): string {
  const { ino, birthtimeNs } = statSync(path, { bigint: true });
  return `${ino}/${birthtimeNs}`;
}
