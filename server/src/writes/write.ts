import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import type { AuditEntry, Origin } from '../audit/model.ts';
import { appendAudit, entryOf } from '../audit/queries.ts';
import { changeTogether, type Part } from '../db/compiled.ts';
import type { Db, Tx } from '../db/schema.ts';
import { asTransaction, inTransaction, Unchanged } from '../db/transaction.ts';
import { idempotencyInFlight } from '../platform/errors.ts';
import { createTurnsByKey } from '../platform/turns.ts';
import { findAnswer, insertAnswer, lockKey, type Retry } from './idempotency.ts';
import { bumpRevision, type CreationMoment, type Moment, nextMoment, thisMoment } from './revisions.ts';

/** What a change is, for the audit log. */
export type Act = Pick<AuditEntry, 'action' | 'subject' | 'count'>;

/** Who asks for a write; with `retry`, under an Idempotency-Key. */
export interface Writer extends Origin {
  retry?: Retry | undefined;
}

/** A change whose last statement is still to be made. */
class Prepared<T> {
  readonly value: T;
  readonly last: Part;
  constructor(value: T, last: Part) {
    this.value = value;
    this.last = last;
  }
}

/** What a change may return in place of its value: `writeFor` makes the last statement, in one with the audit entry. */
export const withLast = <T>(value: T, last: Part): Prepared<T> => new Prepared(value, last);

const queues = new WeakMap<Db, ReturnType<typeof createTurnsByKey>>();

/**
 * A user's writes wait for one another in the database; those that would wait do so here, without a connection, so that
 * one user's many writes leave the pool to others. The second one gets as far as the lock meanwhile.
 */
function inOwnersTurn<T>(db: Db, userId: string, work: () => Promise<T>): Promise<T> {
  const inTurn = queues.get(db) ?? createTurnsByKey(2, 1_000);
  queues.set(db, inTurn);
  return inTurn(userId, work);
}

/**
 * The one way to change anything of a user: a transaction that first takes the user's next revision. The lock on the
 * owner's row lets a user's writes happen one after the other, so `change` may read, decide and write without races.
 * The change and its audit entries are stored together or not at all; so is, under an Idempotency-Key, the value, which
 * has to be what JSON can say: a request that comes again gets it again, and changes nothing.
 * `lockFirst` takes locks that others take before the owner's: in the same order nobody waits in a circle.
 * @throws AppError IDEMPOTENCY_IN_FLIGHT, IDEMPOTENCY_KEY_REUSED
 */
export function writeFor<T>(
  db: Db,
  userId: string,
  writer: Writer,
  acts: Act | ((value: T) => readonly Act[]),
  change: (tx: Tx, moment: Moment) => Promise<T | Prepared<T>>,
  lockFirst?: (tx: Tx) => Promise<unknown>,
): Promise<T> {
  const { retry, ...origin } = writer;
  const perform = async (tx: Tx) => {
    await lockFirst?.(tx);
    const moment = await bumpRevision(tx, userId);
    const made = await change(tx, moment);
    const [value, parts] =
      made instanceof Prepared ? [made.value, [thisMoment(moment), made.last]] : [made, []];
    const done = typeof acts === 'function' ? acts(value) : [acts];
    const entries = done.map((act) => ({ ...act, userId, origin, outcome: 'success' as const }));
    await appendAudit(tx, entries, parts);
    return value;
  };
  if (retry !== undefined) return performOnce(db, userId, retry, (tx) => orUnchanged(tx, perform));
  return inOwnersTurn(db, userId, () => inTransaction(db, perform));
}

/**
 * The same for a change that reads nothing before: one statement, which takes the revision, makes the change and adds
 * its audit entry. `change` takes what it needs of the moment from `moment`.
 * @throws AppError IDEMPOTENCY_IN_FLIGHT, IDEMPOTENCY_KEY_REUSED
 */
export function writeAtOnce<T>(
  db: Db,
  userId: string,
  { retry, ...origin }: Writer,
  act: Act,
  change: Part,
  toValue: (moment: CreationMoment) => T,
): Promise<T> {
  const entry = entryOf({ ...act, userId, origin, outcome: 'success' });
  const perform = async (on: Db) => {
    const [moment] = await changeTogether<CreationMoment>(on, [nextMoment(userId), change, entry]);
    if (moment === undefined) throw new Error('a write without a moment');
    return toValue(moment);
  };
  if (retry !== undefined) return performOnce(db, userId, retry, perform);
  return inOwnersTurn(db, userId, () => asTransaction(db, perform));
}

const inFlightWaitMs = 2_000;
const firstPauseMs = 10;
const longestPauseMs = 160;

/** Whoever comes second under a key waits for the first, without a connection, and gets the same value. */
async function performOnce<T>(
  db: Db,
  userId: string,
  retry: Retry,
  perform: (tx: Tx) => Promise<T>,
): Promise<T> {
  const attempt = async (tx: Tx) => {
    if (!(await lockKey(tx, userId, retry))) return null;
    const found = await findAnswer(tx, userId, retry);
    if (found !== null) return found;
    const answer = await perform(tx);
    await insertAnswer(tx, userId, retry, answer);
    return { answer, isReplayed: false };
  };
  let pauseMs = firstPauseMs;
  for (let deadline = Number.POSITIVE_INFINITY; ; ) {
    const done =
      (await inOwnersTurn(db, userId, () => inTransaction(db, attempt))) ??
      (await findAnswer(db, userId, retry));
    // What is found was stored by this very function, for this route and these parameters.
    if (done !== null) {
      retry.isReplayed = done.isReplayed;
      return done.answer as T;
    }
    if (deadline === Number.POSITIVE_INFINITY) deadline = performance.now() + inFlightWaitMs;
    if (performance.now() > deadline) throw idempotencyInFlight();
    await sleep(pauseMs);
    pauseMs = Math.min(pauseMs * 2, longestPauseMs);
  }
}

/** A write that turns out to be none is undone to its beginning: its answer is kept, its revision is not. */
async function orUnchanged<T>(tx: Tx, perform: (tx: Tx) => Promise<T>): Promise<T> {
  await sql`savepoint before_change`.execute(tx);
  try {
    return await perform(tx);
  } catch (error) {
    if (!(error instanceof Unchanged)) throw error;
    await sql`rollback to savepoint before_change`.execute(tx);
    return error.value as T;
  }
}
