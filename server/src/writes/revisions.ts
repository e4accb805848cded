import { CompiledQuery } from 'kysely';
import type { Db } from '../db/schema.ts';

/** Users' revisions, and the epoch that they count in. */
export interface Revisions {
  /** Empty where the server is not to be asked. */
  epoch: string;
  /** Without those that nothing was ever stored of: theirs is 0. */
  byUser: ReadonlyMap<string, bigint>;
}

/** Asked for with every read; not compiled anew each time. */
const revisionsQuery = `select e.id as epoch, o.user_id, o.revision
  from duly.epoch e left join duly.owners o on o.user_id = any($1)`;
const replicaRevisionsQuery = `${revisionsQuery} where pg_is_in_recovery()`;

/** The revisions of the given users at this moment. */
export const findRevisions = (db: Db, userIds: readonly string[]) =>
  readRevisions(db, revisionsQuery, userIds);

/** The same on a replica; none from a server that has become a primary, whose revisions may be of another history. */
export const findReplicaRevisions = (db: Db, userIds: readonly string[]) =>
  readRevisions(db, replicaRevisionsQuery, userIds);

interface RevisionRow {
  epoch: string;
  /** Null where none of the users has one. */
  user_id: string | null;
  revision: bigint | null;
}

async function readRevisions(db: Db, text: string, userIds: readonly string[]): Promise<Revisions> {
  const { rows } = await db.executeQuery<RevisionRow>(CompiledQuery.raw(text, [userIds]));
  const byUser = new Map<string, bigint>();
  for (const { user_id, revision } of rows)
    if (user_id !== null && revision !== null) byUser.set(user_id, revision);
  return { epoch: rows[0]?.epoch ?? '', byUser };
}
