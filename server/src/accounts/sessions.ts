import { sql } from 'kysely';
import type { AuditOrigin } from '../audit/origin.ts';
import { appendAudit } from '../audit/queries.ts';
import type { Db } from '../db/schema.ts';
import { inTransaction } from '../db/transaction.ts';
import { notFound } from '../platform/errors.ts';
import type { Session } from './model.ts';

interface SessionRow {
  id: string;
  createdAt: Date;
  expiresAt: Date;
  ipAddress: string | null;
  userAgent: string | null;
}

const maxListed = 1_000;

/** The unexpired sessions of a user, the newest first, at most 1,000. */
export async function listSessions(
  db: Db,
  userId: string,
  currentSessionId: string | null,
): Promise<Session[]> {
  const { rows } = await sql<SessionRow>`
    select id, "createdAt", "expiresAt", "ipAddress", "userAgent" from better_auth.session
    where "userId" = ${userId} and "expiresAt" > now()
    order by "createdAt" desc, id limit ${maxListed}`.execute(db);
  return rows.map((row) => ({
    id: row.id,
    created_at: row.createdAt.toISOString(),
    expires_at: row.expiresAt.toISOString(),
    // Better Auth stores an empty string when it has no value.
    ip_address: row.ipAddress || null,
    user_agent: row.userAgent || null,
    current: row.id === currentSessionId,
  }));
}

/** Sessions that one statement deletes: each deletion is an access event. */
const expiredBatchSize = 500;

/** Deletes a batch of the sessions that expired `days` ago. @returns how many, and whether more may be left */
export async function deleteExpiredSessions(
  db: Db,
  days: number,
): Promise<{ count: number; isMore: boolean }> {
  const { numAffectedRows = 0n } = await sql`
    delete from better_auth.session where id in (
      select id from better_auth.session where "expiresAt" < now() - make_interval(days => ${days}::int)
      limit ${sql.lit(expiredBatchSize)})`.execute(db);
  return { count: Number(numAffectedRows), isMore: numAffectedRows === BigInt(expiredBatchSize) };
}

/** @throws AppError NOT_FOUND when the user has no such session. */
export function endSession(db: Db, userId: string, origin: AuditOrigin, sessionId: string): Promise<void> {
  return inTransaction(db, async (tx) => {
    const { numAffectedRows } = await sql`
      delete from better_auth.session where "userId" = ${userId} and id = ${sessionId}`.execute(tx);
    if (numAffectedRows === 0n) throw notFound('Session');
    const entry = { userId, origin, action: 'auth.revoke_session', subject: sessionId };
    await appendAudit(tx, [{ ...entry, outcome: 'success' }]);
  });
}

/** @param currentSessionId the session to keep; null, for a token of another issuer: none */
export function endOtherSessions(
  db: Db,
  userId: string,
  origin: AuditOrigin,
  currentSessionId: string | null,
): Promise<void> {
  return inTransaction(db, async (tx) => {
    await sql`
      delete from better_auth.session
      where "userId" = ${userId} and id is distinct from ${currentSessionId}`.execute(tx);
    await appendAudit(tx, [{ userId, origin, action: 'auth.revoke_other_sessions', outcome: 'success' }]);
  });
}
