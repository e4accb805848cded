import { statSync } from 'node:fs';
import { sql } from 'kysely';
import type { PoolClient } from 'pg';
import { errorCodeOf } from './failures.ts';
import type { Db } from './schema.ts';

/**
 * One history of the data. Restoring a backup or promoting a copy begins another epoch. Revisions and versions of an
 * earlier epoch are void.
 */
export interface Epoch {
  /** Random; part of every cursor and event id. */
  id: string;
  /** The first change of a task in this epoch makes its version at least this; 0 in the first epoch. */
  versionFloor: number;
}

const epochColumns = sql`id, version_floor as "versionFloor"`;

/**
 * Reads the current epoch. Begins another one if the server or its files differ from those of the last check.
 * @param dataFileIdentity `fileIdentity` of an embedded database; null for an external one
 */
export async function checkEpoch(db: Db, dataFileIdentity: string | null = null): Promise<Epoch> {
  const { rows } =
    await sql<Epoch>`select ${epochColumns} from duly.check_epoch(${dataFileIdentity})`.execute(db);
  return requireEpoch(rows);
}

/** Begins another epoch. For restores that `checkEpoch` cannot detect. */
export async function beginEpoch(db: Db): Promise<Epoch> {
  const { rows } = await sql<Epoch>`select ${epochColumns} from duly.begin_epoch()`.execute(db);
  return requireEpoch(rows);
}

function requireEpoch([epoch]: Epoch[]): Epoch {
  if (epoch === undefined) throw new Error('the query of the epoch returned no row');
  return epoch;
}

/** SQLSTATEs of a missing schema, table or function: the database is not migrated yet. */
const notMigratedCodes = new Set(['3F000', '42P01', '42883']);

/** Checks the epoch on a new connection before any other statement: the connection may lead to another server. */
export async function verifyEpoch(client: PoolClient): Promise<void> {
  try {
    await client.query('select duly.check_epoch()');
  } catch (error) {
    if (!notMigratedCodes.has(errorCodeOf(error))) throw error;
  }
}

/**
 * Whether a cursor or event id belongs to this epoch. Those of older versions have no epoch id: they belong to the
 * first epoch.
 */
export const belongsToEpoch = (id: string | null, epoch: Epoch): boolean =>
  id === null ? epoch.versionFloor === 0 : id === epoch.id;

/**
 * Distinguishes a copy of a database's files from the original: inode and birth time of a file written once. The inode
 * alone does not suffice, because file systems use it again.
 */
export function fileIdentity(path: string): string {
  const { ino, birthtimeNs } = statSync(path, { bigint: true });
  return `${ino}/${birthtimeNs}`;
}
