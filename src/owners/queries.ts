import { CompiledQuery } from 'kysely';
import type { Db, Tx } from '../db/schema.ts';

/** The moment of a write: what it stamps on the rows it changes. */
export interface Moment {
  revision: bigint;
  /** To the millisecond, read once the owner's lock was got: a later revision never has an earlier time. */
  now: Date;
}

/**
 * Adds 1 to the owner's revision, making the owner's row at the first write. From here to the end of the transaction
 * nobody else changes anything of this user.
 */
export async function bumpRevision(tx: Tx, userId: string): Promise<Moment> {
  const { rows } = await tx.executeQuery<Moment>(CompiledQuery.raw(bump, [userId]));
  const [moment] = rows;
  if (moment === undefined) throw new Error('an owner without a revision');
  return moment;
}

/** Asked for with every write; not compiled anew each time. */
const bump = `insert into owners (user_id, revision) values ($1, 1)
  on conflict (user_id) do update set revision = owners.revision + 1
  returning revision, clock_timestamp()::timestamptz(3) as now`;

/** Asked for with every read; not compiled anew each time. */
const revisionsOf = 'select "user_id", "revision" from "owners" where "user_id" = any($1)';
const replayedRevisionsOf = `${revisionsOf} and pg_is_in_recovery()`;

/** The revisions of the given users at this moment; 0 of those that nothing was ever stored of. */
export const findRevisions = (db: Db, userIds: readonly string[]) => readRevisions(db, revisionsOf, userIds);

/** The same on a replica; none from a server that has become a primary, whose revisions may be of another history. */
export const findReplayedRevisions = (db: Db, userIds: readonly string[]) =>
  readRevisions(db, replayedRevisionsOf, userIds);

async function readRevisions(db: Db, text: string, userIds: readonly string[]): Promise<Map<string, bigint>> {
  const { rows } = await db.executeQuery<{ user_id: string; revision: bigint }>(
    CompiledQuery.raw(text, [userIds]),
  );
  return new Map(rows.map(({ user_id, revision }) => [user_id, revision]));
}
