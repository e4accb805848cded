import { setTimeout as sleep } from 'node:timers/promises';
import { type SqlBool, sql } from 'kysely';
import type { Db, Tx } from '../db/schema.ts';
import { inTransaction } from '../db/transaction.ts';
import { idempotencyInFlight, idempotencyKeyReused } from '../platform/errors.ts';
import { limitUserWrites } from './write-limiter.ts';

/** The Idempotency-Key of a write (draft-ietf-httpapi-idempotency-key-header). */
export interface IdempotencyKey {
  /** Method and pattern of the route: the scope of the key, with the user. */
  route: string;
  key: string;
  /** SHA-256 of everything in the request that decides what is written. */
  fingerprint: Buffer;
}

export interface WriteResult<T> {
  value: T;
  /** The value is that of an earlier request with the same key; nothing was written. */
  isReplayed: boolean;
}

const inFlightTimeoutMs = 2_000;
const minPauseMs = 10;
const maxPauseMs = 160;

/**
 * Writes and stores the value in one transaction, or returns the value that an earlier request stored under the key. A
 * second request with the key polls without a connection until the first has stored its value.
 * @param perform has to give a value that JSON can represent.
 * @throws AppError IDEMPOTENCY_IN_FLIGHT, IDEMPOTENCY_KEY_REUSED
 */
export async function performOnce<T>(
  db: Db,
  userId: string,
  idempotencyKey: IdempotencyKey,
  perform: (tx: Tx) => Promise<T>,
): Promise<WriteResult<T>> {
  /** Null when another transaction holds the key. */
  type Outcome = WriteResult<T> | null;
  const tryPerform = async (tx: Tx): Promise<Outcome> => {
    if (!(await lockIdempotencyKey(tx, userId, idempotencyKey))) return null;
    const stored = await findStoredResponse<T>(tx, userId, idempotencyKey);
    if (stored !== null) return stored;
    const value = await perform(tx);
    await insertStoredResponse(tx, userId, idempotencyKey, value);
    return { value, isReplayed: false };
  };
  let pauseMs = minPauseMs;
  for (let deadline = Number.POSITIVE_INFINITY; ; ) {
    const result =
      (await limitUserWrites(db, userId, () => inTransaction<Outcome>(db, tryPerform))) ??
      (await findStoredResponse<T>(db, userId, idempotencyKey));
    if (result !== null) return result;
    if (deadline === Number.POSITIVE_INFINITY) deadline = performance.now() + inFlightTimeoutMs;
    if (performance.now() > deadline) throw idempotencyInFlight();
    await sleep(pauseMs);
    pauseMs = Math.min(pauseMs * 2, maxPauseMs);
  }
}

/**
 * Locks the key until the transaction ends.
 * @returns false when another transaction holds it.
 */
async function lockIdempotencyKey(tx: Tx, userId: string, { route, key }: IdempotencyKey): Promise<boolean> {
  const name = JSON.stringify([userId, route, key]);
  const { rows } = await sql<{ locked: boolean }>`
    select pg_try_advisory_xact_lock(hashtextextended(${name}, 0)) as locked`.execute(tx);
  return rows[0]?.locked ?? false;
}

/**
 * @returns the value that the first request under the key stored; null when there is none.
 * @throws AppError IDEMPOTENCY_KEY_REUSED if that request has another fingerprint
 */
async function findStoredResponse<T>(
  db: Db,
  userId: string,
  { route, key, fingerprint }: IdempotencyKey,
): Promise<WriteResult<T> | null> {
  const found = await db
    .selectFrom('duly.idempotency_keys')
    .select(['fingerprint', 'answer'])
    .where('user_id', '=', userId)
    .where('route', '=', route)
    .where('key', '=', key)
    .executeTakeFirst();
  if (found === undefined) return null;
  if (!found.fingerprint.equals(fingerprint)) throw idempotencyKeyReused();
  // The same route with the same fingerprint stored it, so it has the same type.
  return { value: found.answer as T, isReplayed: true };
}

async function insertStoredResponse(
  tx: Tx,
  userId: string,
  { route, key, fingerprint }: IdempotencyKey,
  value: unknown,
): Promise<void> {
  await tx
    .insertInto('duly.idempotency_keys')
    .values({ user_id: userId, route, key, fingerprint, answer: JSON.stringify(value ?? null) })
    .execute();
}

const storedResponsesBatchSize = 1_000;

const isOld = sql<SqlBool>`created_at < statement_timestamp() - interval '24 hours'`;

/** Users who have responses that are older than 24 hours: so many at a time, the oldest first. */
export async function findUsersWithOldStoredResponses(db: Db): Promise<string[]> {
  const { rows } = await sql<{ user_id: string }>`
    select distinct user_id from (
      select user_id from duly.idempotency_keys where ${isOld} order by created_at limit ${storedResponsesBatchSize}
    ) as old`.execute(db);
  return rows.map(({ user_id }) => user_id);
}

/** @returns how many of a user's were deleted: as many as fit into one batch. */
export async function deleteOldStoredResponses(db: Db, userId: string): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from duly.idempotency_keys where user_id = ${userId} and (route, key) in (
      select route, key from duly.idempotency_keys where user_id = ${userId} and ${isOld}
      limit ${storedResponsesBatchSize} for update skip locked
    )`.execute(db);
  return Number(numAffectedRows ?? 0);
}
