import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import type { AuditEntry, AuditOrigin } from '../audit/model.ts';
import { appendAudit, auditEntryCte } from '../audit/queries.ts';
import type { Db, Tx } from '../db/schema.ts';
import { type Cte, executeCtes } from '../db/statements.ts';
import { autocommit, inTransaction, Unchanged } from '../db/transaction.ts';
import { createKeyedConcurrencyLimiter } from '../platform/concurrency-limiter.ts';
import { idempotencyInFlight } from '../platform/errors.ts';
import {
  findStoredResponse,
  type IdempotencyKey,
  insertStoredResponse,
  lockIdempotencyKey,
} from './idempotency.ts';
import {
  bumpRevision,
  type CreateStamp,
  givenWriteStamp,
  nextWriteStamp,
  type WriteStamp,
} from './revisions.ts';

/** What a change is, for the audit log. */
export type AuditAction = Pick<AuditEntry, 'action' | 'subject' | 'count'>;

/** Who asks for a write; with `retry`, under an Idempotency-Key. */
export interface WriteContext extends AuditOrigin {
  idempotencyKey?: IdempotencyKey | undefined;
}

/** A change whose last statement is still to be made. */
class WithFinalCte<T> {
  readonly value: T;
  readonly finalCte: Cte;
  constructor(value: T, last: Cte) {
    this.value = value;
    this.finalCte = last;
  }
}

/** What a change may return in place of its value: `writeFor` makes the last statement, in one with the audit entry. */
export const withFinalCte = <T>(value: T, last: Cte): WithFinalCte<T> => new WithFinalCte(value, last);

const userWriteLimiters = new WeakMap<Db, ReturnType<typeof createKeyedConcurrencyLimiter>>();

/**
 * A user's writes wait for one another in the database; those that would wait do so here, without a connection, so that
 * one user's many writes leave the pool to others. The second one gets as far as the lock meanwhile.
 */
function limitUserWrites<T>(db: Db, userId: string, work: () => Promise<T>): Promise<T> {
  const limiter = userWriteLimiters.get(db) ?? createKeyedConcurrencyLimiter(2, 1_000);
  userWriteLimiters.set(db, limiter);
  return limiter(userId, work);
}

/**
 * The one way to change anything of a user: a transaction that first takes the user's next revision. The lock on the
 * owner's row lets a user's writes happen one after the other, so `change` may read, decide and write without races.
 * The change and its audit entries are stored together or not at all; so is, under an Idempotency-Key, the value, which
 * has to be what JSON can say: a request that comes again gets it again, and changes nothing.
 * `lockFirst` takes locks that others take before the owner's: in the same order nobody waits in a circle.
 * @throws AppError IDEMPOTENCY_IN_FLIGHT, IDEMPOTENCY_KEY_REUSED
 */
export function write<T>(
  db: Db,
  userId: string,
  context: WriteContext,
  auditActions: AuditAction | ((value: T) => readonly AuditAction[]),
  change: (tx: Tx, stamp: WriteStamp) => Promise<T | WithFinalCte<T>>,
  lockFirst?: (tx: Tx) => Promise<unknown>,
): Promise<T> {
  const { idempotencyKey, ...origin } = context;
  const performWrite = async (tx: Tx) => {
    await lockFirst?.(tx);
    const stamp = await bumpRevision(tx, userId);
    const outcome = await change(tx, stamp);
    const [value, ctes] =
      outcome instanceof WithFinalCte
        ? [outcome.value, [givenWriteStamp(stamp), outcome.finalCte]]
        : [outcome, []];
    const actions = typeof auditActions === 'function' ? auditActions(value) : [auditActions];
    const entries = actions.map((act) => ({ ...act, userId, origin, outcome: 'success' as const }));
    await appendAudit(tx, entries, ctes);
    return value;
  };
  if (idempotencyKey !== undefined)
    return performIdempotently(db, userId, idempotencyKey, (tx) => rollBackIfUnchanged(tx, performWrite));
  return limitUserWrites(db, userId, () => inTransaction(db, performWrite));
}

/**
 * The same for a change that reads nothing before: one statement, which takes the revision, makes the change and adds
 * its audit entry. `change` takes what it needs of the moment from `moment`.
 * @throws AppError IDEMPOTENCY_IN_FLIGHT, IDEMPOTENCY_KEY_REUSED
 */
export function writeInOneStatement<T>(
  db: Db,
  userId: string,
  { idempotencyKey, ...origin }: WriteContext,
  auditAction: AuditAction,
  cte: Cte,
  toValue: (moment: CreateStamp) => T,
): Promise<T> {
  const entry = auditEntryCte({ ...auditAction, userId, origin, outcome: 'success' });
  const perform = async (on: Db) => {
    const [moment] = await executeCtes<CreateStamp>(on, [nextWriteStamp(userId), cte, entry]);
    if (moment === undefined) throw new Error('a write without a moment');
    return toValue(moment);
  };
  if (idempotencyKey !== undefined) return performIdempotently(db, userId, idempotencyKey, perform);
  return limitUserWrites(db, userId, () => autocommit(db, perform));
}

const inFlightTimeoutMs = 2_000;
const minPauseMs = 10;
const maxPauseMs = 160;

/** Whoever comes second under a key waits for the first, without a connection, and gets the same value. */
async function performIdempotently<T>(
  db: Db,
  userId: string,
  idempotencyKey: IdempotencyKey,
  perform: (tx: Tx) => Promise<T>,
): Promise<T> {
  const tryPerform = async (tx: Tx) => {
    if (!(await lockIdempotencyKey(tx, userId, idempotencyKey))) return null;
    const found = await findStoredResponse(tx, userId, idempotencyKey);
    if (found !== null) return found;
    const answer = await perform(tx);
    await insertStoredResponse(tx, userId, idempotencyKey, answer);
    return { answer, isReplayed: false };
  };
  let pauseMs = minPauseMs;
  for (let deadline = Number.POSITIVE_INFINITY; ; ) {
    const outcome =
      (await limitUserWrites(db, userId, () => inTransaction(db, tryPerform))) ??
      (await findStoredResponse(db, userId, idempotencyKey));
    // What is found was stored by this very function, for this route and these parameters.
    if (outcome !== null) {
      idempotencyKey.isReplayed = outcome.isReplayed;
      return outcome.answer as T;
    }
    if (deadline === Number.POSITIVE_INFINITY) deadline = performance.now() + inFlightTimeoutMs;
    if (performance.now() > deadline) throw idempotencyInFlight();
    await sleep(pauseMs);
    pauseMs = Math.min(pauseMs * 2, maxPauseMs);
  }
}

/** A write that turns out to be none is undone to its beginning: its answer is kept, its revision is not. */
async function rollBackIfUnchanged<T>(tx: Tx, perform: (tx: Tx) => Promise<T>): Promise<T> {
  await sql`savepoint before_change`.execute(tx);
  try {
    return await perform(tx);
  } catch (error) {
    if (!(error instanceof Unchanged)) throw error;
    await sql`rollback to savepoint before_change`.execute(tx);
    return error.value as T;
  }
}
