import { type SqlBool, sql } from 'kysely';
import type { Db, Tx } from '../db/schema.ts';
import { idempotencyKeyReused } from '../platform/errors.ts';

/** A write that its caller may send again under the same key (draft-ietf-httpapi-idempotency-key-header). */
export interface IdempotencyKey {
  /** Method and pattern of the route; keys of one route mean nothing to another. */
  route: string;
  key: string;
  /** SHA-256 of what is asked for. */
  fingerprint: Buffer;
  /** Set by what writes: the answer is that of an earlier request. */
  isReplayed: boolean;
}

/**
 * Takes the key for the rest of the transaction.
 * @returns false when another request has it.
 */
export async function lockIdempotencyKey(
  tx: Tx,
  userId: string,
  { route, key }: IdempotencyKey,
): Promise<boolean> {
  const name = JSON.stringify([userId, route, key]);
  const { rows } = await sql<{ locked: boolean }>`
    select pg_try_advisory_xact_lock(hashtextextended(${name}, 0)) as locked`.execute(tx);
  return rows[0]?.locked ?? false;
}

/**
 * What the first request under the key answered; null when there was none.
 * @throws AppError IDEMPOTENCY_KEY_REUSED when it asked for something else.
 */
export async function findStoredResponse(
  db: Db,
  userId: string,
  idempotencyKey: IdempotencyKey,
): Promise<{ answer: unknown; isReplayed: true } | null> {
  const found = await db
    .selectFrom('duly.idempotency_keys')
    .select(['fingerprint', 'answer'])
    .where('user_id', '=', userId)
    .where('route', '=', idempotencyKey.route)
    .where('key', '=', idempotencyKey.key)
    .executeTakeFirst();
  if (found === undefined) return null;
  if (!found.fingerprint.equals(idempotencyKey.fingerprint)) throw idempotencyKeyReused();
  return { answer: found.answer, isReplayed: true };
}

export async function insertStoredResponse(
  tx: Tx,
  userId: string,
  idempotencyKey: IdempotencyKey,
  answer: unknown,
): Promise<void> {
  const { route, key, fingerprint } = idempotencyKey;
  await tx
    .insertInto('duly.idempotency_keys')
    .values({ user_id: userId, route, key, fingerprint, answer: JSON.stringify(answer ?? null) })
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
