import { setTimeout as sleep } from 'node:timers/promises';
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Db, Tx } from '../db/schema.ts';
import { type Cte, type CteTemplate, compileOnce, param } from '../db/statements.ts';
import { Rollback } from '../db/transaction.ts';
import { idempotencyInFlight, idempotencyKeyReused } from '../platform/errors.ts';
import { keyLockCte } from './stamps.ts';

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
 * Attempts the write until there is a result. Null means that another request with the key is under way: polls without
 * a connection until that one has stored its value.
 * @throws AppError IDEMPOTENCY_IN_FLIGHT, IDEMPOTENCY_KEY_REUSED
 */
export async function performOnce<T>(
  db: Db,
  userId: string,
  idempotencyKey: IdempotencyKey,
  attempt: () => Promise<WriteResult<T> | null>,
): Promise<WriteResult<T>> {
  let pauseMs = minPauseMs;
  for (let deadline = Number.POSITIVE_INFINITY; ; ) {
    const result =
      (await unlessInFlight(db, lockNameOf(userId, idempotencyKey), attempt)) ??
      (await findStoredResponse<T>(db, userId, idempotencyKey));
    if (result !== null) return result;
    if (deadline === Number.POSITIVE_INFINITY) deadline = performance.now() + inFlightTimeoutMs;
    if (performance.now() > deadline) throw idempotencyInFlight();
    await sleep(pauseMs);
    pauseMs = Math.min(pauseMs * 2, maxPauseMs);
  }
}

/** Names of the keys of which this process has a write under way. */
const inFlight = new WeakMap<Db, Set<string>>();

/** @returns null when this process has another write with the key under way. */
async function unlessInFlight<T>(db: Db, name: string, work: () => Promise<T>): Promise<T | null> {
  const names = inFlight.get(db) ?? new Set();
  inFlight.set(db, names);
  if (names.has(name)) return null;
  names.add(name);
  try {
    return await work();
  } finally {
    names.delete(name);
  }
}

/**
 * Performs the write and stores its value in one transaction, or returns the value that an earlier request stored under
 * the key.
 * @param perform gives a value that JSON can represent
 * @returns null when another transaction holds the key.
 * @throws AppError IDEMPOTENCY_KEY_REUSED
 */
export async function performUnderKey<T>(
  tx: Tx,
  userId: string,
  key: IdempotencyKey,
  perform: (tx: Tx) => Promise<T | Rollback<T>>,
): Promise<WriteResult<T> | null> {
  if (!(await lockIdempotencyKey(tx, userId, key))) return null;
  const stored = await findStoredResponse<T>(tx, userId, key);
  if (stored !== null) return stored;
  const value = await keepIfUnchanged(tx, perform);
  await insertStoredResponse(tx, userId, key, value);
  return { value, isReplayed: false };
}

/** Rolls back to the beginning of the write only: a write that changes nothing still stores its response. */
async function keepIfUnchanged<T>(tx: Tx, perform: (tx: Tx) => Promise<T | Rollback<T>>): Promise<T> {
  await sql`savepoint before_change`.execute(tx);
  const outcome = await perform(tx);
  if (!(outcome instanceof Rollback)) return outcome;
  await sql`rollback to savepoint before_change`.execute(tx);
  return outcome.value;
}

/** The name of the advisory lock that each write with the key holds until it ends. */
export const lockNameOf = (userId: string, { route, key }: IdempotencyKey): string =>
  JSON.stringify([userId, route, key]);

/** @returns false when another transaction holds it. */
async function lockIdempotencyKey(tx: Tx, userId: string, key: IdempotencyKey): Promise<boolean> {
  const { rows } = await sql<{ locked: boolean }>`
    select pg_try_advisory_xact_lock(hashtextextended(${lockNameOf(userId, key)}, 0)) as locked`.execute(tx);
  return rows[0]?.locked ?? false;
}

/** A row of `duly.idempotency_keys`. */
export interface StoredResponse {
  fingerprint: Buffer;
  answer: unknown;
}

/** @throws AppError IDEMPOTENCY_KEY_REUSED if the first request under the key has another fingerprint */
export function toReplay<T>({ fingerprint }: IdempotencyKey, stored: StoredResponse): WriteResult<T> {
  if (!stored.fingerprint.equals(fingerprint)) throw idempotencyKeyReused();
  // The same route with the same fingerprint stored it, so it has the same type.
  return { value: stored.answer as T, isReplayed: true };
}

/**
 * @returns the value that the first request under the key stored; null when there is none.
 * @throws AppError IDEMPOTENCY_KEY_REUSED if that request has another fingerprint
 */
async function findStoredResponse<T>(
  db: Db,
  userId: string,
  idempotencyKey: IdempotencyKey,
): Promise<WriteResult<T> | null> {
  const found = await db
    .selectFrom('duly.idempotency_keys')
    .select(['fingerprint', 'answer'])
    .where('user_id', '=', userId)
    .where('route', '=', idempotencyKey.route)
    .where('key', '=', idempotencyKey.key)
    .executeTakeFirst();
  return found === undefined ? null : toReplay(idempotencyKey, found);
}

/** The value of a write as a row of `duly.idempotency_keys`. The time of the CTE `stamp` replaces its placeholder. */
export const storedResponseCte = (userId: string, key: IdempotencyKey, value: unknown): Cte => ({
  template: storedResponseTemplate,
  params: responseParams(userId, key, value),
});

const responseParams = (userId: string, { route, key, fingerprint }: IdempotencyKey, value: unknown) => ({
  user_id: userId,
  key_route: route,
  key,
  fingerprint,
  answer: JSON.stringify(value ?? null),
});

/** @param answer the JSON, and the CTE in `from` that it is taken from */
const insertResponse = (answer: RawBuilder<unknown>) => sql`
  insert into duly.idempotency_keys (user_id, route, key, fingerprint, answer)
  select ${param('user_id')}, ${param('key_route')}, ${param('key')}, ${param('fingerprint')}::bytea, ${answer}`;

const storedResponseTemplate: CteTemplate = {
  name: 'stored response',
  sql: sql`stored_response as (${insertResponse(
    sql`replace(${param('answer')}::text, stamp.placeholder, stamp.iso)::json from stamp`,
  )})`,
};

const insertUnderKeyLockStatement = compileOnce(
  (db) =>
    sql`with ${keyLockCte} ${insertResponse(
      sql`case when is_free then ${param('answer')}::json end from key_lock`,
    )} returning true as stored`.compile(db),
  'stored boolean',
);

/** Stores the value of a write that changed nothing. Fails if another transaction has the lock of the key. */
export async function insertUnderKeyLock(
  db: Db,
  userId: string,
  key: IdempotencyKey,
  value: unknown,
): Promise<void> {
  const params = { ...responseParams(userId, key, value), lock_name: lockNameOf(userId, key) };
  await insertUnderKeyLockStatement(db, params);
}

async function insertStoredResponse(
  tx: Tx,
  userId: string,
  key: IdempotencyKey,
  value: unknown,
): Promise<void> {
  const { key_route: route, ...row } = responseParams(userId, key, value);
  await tx
    .insertInto('duly.idempotency_keys')
    .values({ ...row, route })
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
