import { CompiledQuery } from 'kysely';
import type { Db } from '../db/schema.ts';

/** Revisions of users, and the epoch in which they count. */
export interface Revisions {
  /** Empty when the server is no replica any more. */
  epoch: string;
  /** Users without a row have revision 0 and are left out. */
  byUser: ReadonlyMap<string, bigint>;
}

/** Every read executes it, so it is not compiled each time. */
const revisionsQuery = `select e.id as epoch, o.user_id, o.revision
  from duly.epoch e left join duly.owners o on o.user_id = any($1)`;
const replicaRevisionsQuery = `${revisionsQuery} where pg_is_in_recovery()`;

/** The revisions of the users, from a snapshot that is taken now. */
export const findRevisions = (db: Db, userIds: readonly string[]) =>
  readRevisions(db, revisionsQuery, userIds);

/** `findRevisions` on a replica. A server that was promoted returns none: its history may be another one. */
export const findReplicaRevisions = (db: Db, userIds: readonly string[]) =>
  readRevisions(db, replicaRevisionsQuery, userIds);

interface RevisionRow {
  epoch: string;
  /** Null when no user has a row. */
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
