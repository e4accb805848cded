import { CompiledQuery, sql } from 'kysely';
import type { Db, Tx } from '../db/schema.ts';
import { type Cte, type CteTemplate, compileOnce, param } from '../db/statements.ts';

/** The moment of a write: what it stamps on the rows it changes. */
export interface WriteStamp {
  revision: bigint;
  /** To the millisecond, read once the owner's lock was got: a later revision never has an earlier time. */
  now: Date;
  /** The version that the change of a task makes at least: that of the epoch. */
  versionFloor: number;
}

/** Of a creation, whose version is always the first. */
export type CreateStamp = Omit<WriteStamp, 'versionFloor'>;

const bumpedCte = sql`bumped as (
    insert into duly.owners (user_id, revision) values (${param('user_id')}, 1)
    on conflict (user_id) do update set revision = owners.revision + 1
    returning revision
  )`;
/** The clock is read for the row that `bumped` returns, after the row lock: Citus refuses it within `returning`. */
const stampColumns = sql`revision, clock_timestamp()::timestamptz(3) as now`;
const bumpRevisionStatement = compileOnce<WriteStamp>((db) =>
  sql`with ${bumpedCte}
    select ${stampColumns}, (select version_floor from duly.epoch) as "versionFloor" from bumped`.compile(db),
);

/**
 * Adds 1 to the owner's revision, making the owner's row at the first write. From here to the end of the transaction
 * nobody else changes anything of this user.
 */
export async function bumpRevision(tx: Tx, userId: string): Promise<WriteStamp> {
  const [stamp] = await bumpRevisionStatement(tx, { user_id: userId });
  if (stamp === undefined) throw new Error('an owner without a revision');
  return stamp;
}

/**
 * In a statement with others: the user's next moment, which they take what they need of. It is what the statement
 * gives, so the owner's lock is got before the rest.
 */
export const nextWriteStamp = (userId: string): Cte => ({
  template: nextWriteStampTemplate,
  params: { user_id: userId },
});

const nextWriteStampTemplate: CteTemplate = {
  name: 'next moment',
  sql: sql`${bumpedCte}, moment as materialized (select ${stampColumns} from bumped)`,
  select: sql`revision, now from moment`,
};

/** The same of a moment that an earlier statement of the transaction began. */
export const givenWriteStamp = ({ revision, now }: CreateStamp): Cte => ({
  template: givenWriteStampTemplate,
  params: { revision, now },
});

const givenWriteStampTemplate: CteTemplate = {
  name: 'moment',
  sql: sql`moment as materialized (
      select ${param('revision')}::bigint as revision, ${param('now')}::timestamptz(3) as now
    )`,
};

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
