import { revokeAllTokens } from '../accounts/access-queries.ts';
import type { AuditEntry, AuditOrigin } from '../audit/model.ts';
import { appendAudit } from '../audit/queries.ts';
import { beginEpoch } from '../db/epoch.ts';
import type { Db, Tx } from '../db/schema.ts';
import { inTransaction } from '../db/transaction.ts';
import { notFound } from '../platform/errors.ts';
import type { Role } from '../tokens/identity.ts';
import type { AdminUser, AdminUserListQuery } from './model.ts';
import * as queries from './queries.ts';

/** The user id of audit entries that are about no user. */
const serviceUserId = '';

function recordAction(tx: Db, origin: AuditOrigin, action: string, userId: string): Promise<void> {
  const entry: AuditEntry = { userId, origin, action, outcome: 'success' };
  return appendAudit(tx, [entry]);
}

/** An admin's look at data of others; it is in the audit log before it is answered. */
export async function listUsers(
  db: Db,
  origin: AuditOrigin,
  query: AdminUserListQuery,
): Promise<AdminUser[]> {
  await recordAction(db, origin, 'admin.user.list', serviceUserId);
  return queries.findUsers(db, query);
}

/**
 * An admin's look at a user, or under another `action` at something of theirs.
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

/** An admin's look at the service's own audit entries. */
export function recordServiceAuditView(db: Db, origin: AuditOrigin): Promise<void> {
  return recordAction(db, origin, 'admin.audit.list', serviceUserId);
}

/** Refuses the user's tokens and log-ins until the ban is lifted. The user's data stays. */
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

/** Ends every session of a user, and every token issued before. */
export function endUserSessions(db: Db, userId: string, origin: AuditOrigin): Promise<AdminUser> {
  return changeUser(db, userId, origin, 'admin.user.end_sessions', (tx) => revokeAllTokens(tx, userId));
}

/** A user whose role changes logs in again: tokens made under the old role are dead. */
export function changeRole(db: Db, userId: string, origin: AuditOrigin, role: Role): Promise<AdminUser> {
  return changeUser(db, userId, origin, 'admin.user.set_role', async (tx, { email }) => {
    if (email === null) throw notFound('Account');
    if (await queries.setRole(tx, userId, role)) await revokeAllTokens(tx, userId);
  });
}

/** One act of an admin on a user, with its audit entry; answers with the user as it is then. */
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

/** The kill switch: within 1 s every instance answers 503 to everything below `/api`. */
export function lockService(db: Db, origin: AuditOrigin): Promise<Date | null> {
  return switchLock(db, origin, 'service.lock', queries.insertServiceLock);
}

export function unlockService(db: Db, origin: AuditOrigin): Promise<Date | null> {
  return switchLock(db, origin, 'service.unlock', queries.deleteServiceLock);
}

/** For a database that was set back in a way that it cannot notice, such as a snapshot of its disk. */
export function startNewEpoch(db: Db, origin: AuditOrigin): Promise<void> {
  return inTransaction(db, async (tx) => {
    await beginEpoch(tx);
    await recordAction(tx, origin, 'service.new_epoch', serviceUserId);
  });
}

function switchLock(db: Db, origin: AuditOrigin, action: string, change: (tx: Tx) => Promise<boolean>) {
  return inTransaction(db, async (tx) => {
    if (await change(tx)) await recordAction(tx, origin, action, serviceUserId);
    return queries.findServiceLock(tx);
  });
}
