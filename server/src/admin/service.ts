import { revokeAllTokens } from '../accounts/access-queries.ts';
import type { AuditEntry } from '../audit/model.ts';
import type { AuditOrigin } from '../audit/origin.ts';
import { appendAudit } from '../audit/queries.ts';
import { beginEpoch } from '../db/epoch.ts';
import type { Db, Tx } from '../db/schema.ts';
import { inTransaction } from '../db/transaction.ts';
import { notFound } from '../platform/errors.ts';
import type { Role } from '../tokens/identity.ts';
import type { AdminUser, AdminUserListQuery } from './model.ts';
import * as queries from './queries.ts';

/** The user id of the service's own audit chain. */
const serviceUserId = '';

function recordAction(tx: Db, origin: AuditOrigin, action: string, userId: string): Promise<void> {
  const entry: AuditEntry = { userId, origin, action, outcome: 'success' };
  return appendAudit(tx, [entry]);
}

/** Lists users as `findUsers` does. The view is audited first, so that none is returned without an entry. */
export async function listUsers(
  db: Db,
  origin: AuditOrigin,
  query: AdminUserListQuery,
): Promise<AdminUser[]> {
  await recordAction(db, origin, 'admin.user.list', serviceUserId);
  return queries.findUsers(db, query);
}

/**
 * Returns a user, and audits the view as `action`.
 * @throws AppError NOT_FOUND
 */
export function viewUser(
  db: Db,
  userId: string,
  origin: AuditOrigin,
  action = 'admin.user.get',
): Promise<AdminUser> {
  return changeUser(db, userId, origin, action, async () => {});
}

/** Audits that an admin reads the service's own chain. */
export function recordServiceAuditView(db: Db, origin: AuditOrigin): Promise<void> {
  return recordAction(db, origin, 'admin.audit.list', serviceUserId);
}

/** Refuses the user's tokens and log-ins until the ban is lifted. Data stays. @throws AppError NOT_FOUND */
export function banUser(
  db: Db,
  userId: string,
  origin: AuditOrigin,
  reason: string | null,
): Promise<AdminUser> {
  return changeUser(db, userId, origin, 'admin.user.ban', async (tx) => {
    await queries.setBan(tx, userId, reason);
    await revokeAllTokens(tx, userId);
  });
}

export function unbanUser(db: Db, userId: string, origin: AuditOrigin): Promise<AdminUser> {
  return changeUser(db, userId, origin, 'admin.user.unban', (tx) => queries.liftBan(tx, userId));
}

/** Ends all sessions of a user, and revokes all tokens issued so far. @throws AppError NOT_FOUND */
export function endUserSessions(db: Db, userId: string, origin: AuditOrigin): Promise<AdminUser> {
  return changeUser(db, userId, origin, 'admin.user.end_sessions', (tx) => revokeAllTokens(tx, userId));
}

/** Sets the role. If it changes, tokens are revoked and the user has to log in again. @throws AppError NOT_FOUND */
export function changeRole(db: Db, userId: string, origin: AuditOrigin, role: Role): Promise<AdminUser> {
  return changeUser(db, userId, origin, 'admin.user.set_role', async (tx, { email }) => {
    if (email === null) throw notFound('Account');
    if (await queries.setRole(tx, userId, role)) await revokeAllTokens(tx, userId);
  });
}

/**
 * Runs `change` and appends the audit entry, in one transaction.
 * @returns the user after the change
 * @throws AppError NOT_FOUND for an id without account and data
 */
export function changeUser(
  db: Db,
  userId: string,
  origin: AuditOrigin,
  action: string,
  change: (tx: Tx, before: AdminUser) => Promise<void>,
): Promise<AdminUser> {
  return inTransaction(db, async (tx) => {
    const before = await queries.findUser(tx, userId);
    if (before === null) throw notFound('User');
    await change(tx, before);
    await recordAction(tx, origin, action, userId);
    return (await queries.findUser(tx, userId)) ?? before;
  });
}

/**
 * Sets the service lock: within 1 s every instance responds with 503 below `/api`.
 * @returns since when the lock is set
 */
export function lockService(db: Db, origin: AuditOrigin): Promise<Date | null> {
  return setServiceLock(db, origin, 'service.lock', queries.insertServiceLock);
}

/** Deletes the service lock. @returns null */
export function unlockService(db: Db, origin: AuditOrigin): Promise<Date | null> {
  return setServiceLock(db, origin, 'service.unlock', queries.deleteServiceLock);
}

/** For a database that was restored undetectably, such as from a disk snapshot. Voids cursors and cached responses. */
export function startNewEpoch(db: Db, origin: AuditOrigin): Promise<void> {
  return inTransaction(db, async (tx) => {
    await beginEpoch(tx);
    await recordAction(tx, origin, 'service.new_epoch', serviceUserId);
  });
}

function setServiceLock(db: Db, origin: AuditOrigin, action: string, change: (tx: Tx) => Promise<boolean>) {
  return inTransaction(db, async (tx) => {
    if (await change(tx)) await recordAction(tx, origin, action, serviceUserId);
    return queries.findServiceLock(tx);
  });
}
