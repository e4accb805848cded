import { sql } from 'kysely';
import type { AuditEntry, AuditOrigin } from '../audit/model.ts';
import { appendToChain, auditEntryCte, type ChainEnd, chainEndCte } from '../audit/queries.ts';
import type { Db, Tx } from '../db/schema.ts';
import {
  type Cte,
  type CteTemplate,
  compileOnce,
  executeCtes,
  executeQuery,
  param,
  Query,
} from '../db/statements.ts';
import { autocommit, inTransaction, Rollback } from '../db/transaction.ts';
import { type IdempotencyKey, performOnce, type WriteResult } from './idempotency.ts';
import { limitUserWrites } from './write-limiter.ts';

/** The audit origin of a write, and the Idempotency-Key of the request. */
export interface WriteContext extends AuditOrigin {
  idempotencyKey?: IdempotencyKey | undefined;
}

/** What a write does, for the audit log. */
export type AuditAction = Pick<AuditEntry, 'action' | 'subject' | 'count'>;

/** What a write stamps on the rows that it changes. */
export interface WriteStamp {
  revision: bigint;
  /** To the millisecond, read after the row lock: a later revision never has an earlier time. */
  now: Date;
  /** The least version of a task after this write: that of the epoch. */
  versionFloor: number;
}

/** Without the floor: the version of a new task is 1. */
export type CreateStamp = Omit<WriteStamp, 'versionFloor'>;

/** A write as data: what it reads and how it decides. `write` may execute it again after a deadlock. */
export type WritePlan<T, Found> = ReadingPlan<T, Found> | CreatePlan<T>;

export interface ReadingPlan<T, Found> {
  /** Locks that others take before the user's row lock. The same order for all prevents deadlocks. */
  lockFirst?: Query<unknown>;
  /** Read under the user's row lock. */
  read: Query<Found>;
  /** Pure. An AppError that it throws rolls everything back. */
  decide: (found: Found, stamp: WriteStamp) => Decision<T>;
}

export type Decision<T> = Changes<T> | Unchanged<T>;

interface Changes<T> {
  /** What the write returns; a query is executed after the changes. */
  value: T | Query<T>;
  /** Executed first, each in a statement of its own. */
  earlierChanges?: readonly Cte[];
  /** Executed in one statement with the audit entry. All changes take revision and time from the CTE `stamp`. */
  changes: readonly Cte[];
  auditActions: readonly AuditAction[];
}

interface Unchanged<T> {
  value: T;
  changes: null;
}

/** The decision to change nothing: the user's revision stays, and there is no audit entry. */
export const unchanged = <T>(value: T): Unchanged<T> => ({ value, changes: null });

/** A write that reads nothing: one statement, in which the changes take revision and time from the CTE `stamp`. */
export interface CreatePlan<T> {
  read?: never;
  changes: readonly Cte[];
  auditAction: AuditAction;
  toValue: (stamp: CreateStamp) => T;
}

/**
 * The one way to change a user's data. One transaction raises the user's revision, makes the changes, appends the audit
 * entries and, under an Idempotency-Key, stores the value for repeated requests. Raising the revision locks the user's
 * row, so writes of one user run one after the other, and a plan reads and decides without races.
 * @returns the value of the plan, which JSON has to be able to represent.
 * @throws AppError IDEMPOTENCY_IN_FLIGHT, IDEMPOTENCY_KEY_REUSED, and what `decide` throws
 */
export async function write<T, Found>(
  db: Db,
  userId: string,
  context: WriteContext,
  plan: WritePlan<T, Found>,
): Promise<WriteResult<T>> {
  const { idempotencyKey, ...origin } = context;
  if (plan.read === undefined) {
    const perform = (handle: Db) => executeCreate(handle, userId, origin, plan);
    if (idempotencyKey !== undefined) return performOnce(db, userId, idempotencyKey, perform);
    const value = await limitUserWrites(db, userId, () => autocommit(db, perform));
    return { value, isReplayed: false };
  }
  const perform = (tx: Tx) => executeReading(tx, userId, origin, plan);
  if (idempotencyKey !== undefined)
    return performOnce(db, userId, idempotencyKey, (tx) => keepIfUnchanged(tx, perform));
  const value = await limitUserWrites(db, userId, () => inTransaction(db, perform));
  return { value, isReplayed: false };
}

async function executeCreate<T>(
  db: Db,
  userId: string,
  origin: AuditOrigin,
  { changes, auditAction, toValue }: CreatePlan<T>,
): Promise<T> {
  const entry = auditEntryCte({ ...auditAction, userId, origin, outcome: 'success' });
  const [stamp] = await executeCtes<CreateStamp>(db, [nextStampCte(userId), ...changes, entry]);
  if (stamp === undefined) throw new Error('the statement of a write returned no row');
  return toValue(stamp);
}

/** @returns a `Rollback` when nothing changes. */
async function executeReading<T, Found>(
  tx: Tx,
  userId: string,
  origin: AuditOrigin,
  { lockFirst, read, decide }: ReadingPlan<T, Found>,
): Promise<T | Rollback<T>> {
  if (lockFirst !== undefined) await executeQuery(tx, lockFirst);
  const stamp = await bumpRevision(tx, userId);
  const decision = decide(await executeQuery(tx, read), stamp);
  if (decision.changes === null) return new Rollback(decision.value);
  const { value, earlierChanges = [], changes, auditActions } = decision;
  for (const change of earlierChanges) await executeCtes(tx, [stampCte(stamp), change]);
  const entries = auditActions.map((act) => ({ ...act, userId, origin, outcome: 'success' as const }));
  const [entry, ...more] = entries;
  if (entry === undefined) throw new Error('a write that changes something has no audit action');
  if (more.length === 0) {
    await executeCtes(tx, [stampCte(stamp), ...changes, auditEntryCte(entry)]);
  } else {
    const [end] = await executeCtes<ChainEnd>(tx, [stampCte(stamp), ...changes, chainEndCte(userId)]);
    if (end === undefined) throw new Error('the query of the end of the chain returned no row');
    await appendToChain(tx, userId, entries, end);
  }
  return value instanceof Query ? executeQuery(tx, value) : value;
}

/** Rolls back to the beginning of the write only: a write that changes nothing still stores its response. */
async function keepIfUnchanged<T>(tx: Tx, perform: (tx: Tx) => Promise<T | Rollback<T>>): Promise<T> {
  await sql`savepoint before_change`.execute(tx);
  const outcome = await perform(tx);
  if (!(outcome instanceof Rollback)) return outcome;
  await sql`rollback to savepoint before_change`.execute(tx);
  return outcome.value;
}

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

/** Adds 1 to the user's revision, and locks the row until the transaction ends. The first write inserts it. */
async function bumpRevision(tx: Tx, userId: string): Promise<WriteStamp> {
  const [stamp] = await bumpRevisionStatement(tx, { user_id: userId });
  if (stamp === undefined) throw new Error('raising the revision returned no row');
  return stamp;
}

/** The CTE `stamp` of a create. The statement selects from it, so PostgreSQL takes the row lock before all the rest. */
const nextStampCte = (userId: string): Cte => ({ template: nextStampTemplate, params: { user_id: userId } });

const nextStampTemplate: CteTemplate = {
  name: 'next stamp',
  sql: sql`${bumpedCte}, stamp as materialized (select ${stampColumns} from bumped)`,
  select: sql`revision, now from stamp`,
};

/** The CTE `stamp` after `bumpRevision`. */
const stampCte = ({ revision, now }: CreateStamp): Cte => ({
  template: stampTemplate,
  params: { revision, now },
});

const stampTemplate: CteTemplate = {
  name: 'stamp',
  sql: sql`stamp as materialized (
      select ${param('revision')}::bigint as revision, ${param('now')}::timestamptz(3) as now
    )`,
};
