import { sql } from 'kysely';
import type { AuditOrigin } from '../audit/model.ts';
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

/** The sessions of a user's account that live, the newest first. */
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
    // Better Auth stores an empty text for neither.
    ip_address: row.ipAddress || null,
    user_agent: row.userAgent || null,
    current: row.id === currentSessionId,
  }));
}

/** Logs one session out. @throws AppError NOT_FOUND */
export function endSession(db: Db, userId: string, origin: AuditOrigin, sessionId: string): Promise<void> {
  return inTransaction(db, async (tx) => {
    const { numAffectedRows } = await sql`
      delete from better_auth.session where "userId" = ${userId} and id = ${sessionId}`.execute(tx);
    if (numAffectedRows === 0n) throw notFound('Session');
    const entry = { userId, origin, action: 'auth.revoke_session', subject: sessionId };
    await appendAudit(tx, [{ ...entry, outcome: 'success' }]);
  });
}

/** Logs out every session but the one that asks. */
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
