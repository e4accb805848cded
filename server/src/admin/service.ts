import { endAllTokens } from '../accounts/access-queries.ts';
import type { AuditEntry, Origin } from '../audit/model.ts';
import { appendAudit } from '../audit/queries.ts';
import { beginEpoch } from '../db/epoch.ts';
import type { Db, Tx } from '../db/schema.ts';
import { inTransaction } from '../db/transaction.ts';
import { notFound } from '../platform/errors.ts';
import type { Role } from '../tokens/identity.ts';
import type { AdminUser, AdminUserListQuery } from './model.ts';
import * as queries from './queries.ts';

/** The user id of audit entries that are about no user. */
const service = '';

function record(tx: Db, origin: Origin, action: string, userId: string): Promise<void> {
  const entry: AuditEntry = { userId, origin, action, outcome: 'success' };
  return appendAudit(tx, [entry]);
}

/** An admin's look at data of others; it is in the audit log before it is answered. */
export async function listUsers(db: Db, origin: Origin, query: AdminUserListQuery): Promise<AdminUser[]> {
  await record(db, origin, 'admin.user.list', service);
  return queries.findUsers(db, query);
}

/**
 * An admin's look at a user, or under another `action` at something of theirs.
 * @throws AppError NOT_FOUND
 */
export function getUser(
  db: Db,
  userId: string,
  origin: Origin,
  action = 'admin.user.get',
): Promise<AdminUser> {
  return changeUser(db, userId, origin, action, async () => {});
}

/** An admin's look at the service's own audit entries. */
export function recordServiceLook(db: Db, origin: Origin): Promise<void> {
  return record(db, origin, 'admin.audit.list', service);
}

/** Refuses the user's tokens and log-ins until the ban is lifted. The user's data stays. */
export function banUser(db: Db, userId: string, origin: Origin, reason: string | null): Promise<AdminUser> {
  return changeUser(db, userId, origin, 'admin.user.ban', async (tx) => {
    await queries.setBan(tx, userId, reason);
    await endAllTokens(tx, userId);
  });
}

export function unbanUser(db: Db, userId: string, origin: Origin): Promise<AdminUser> {
  return changeUser(db, userId, origin, 'admin.user.unban', (tx) => queries.liftBan(tx, userId));
}

/** Ends every session of a user, and every token issued before. */
export function cutSessions(db: Db, userId: string, origin: Origin): Promise<AdminUser> {
  return changeUser(db, userId, origin, 'admin.user.end_sessions', (tx) => endAllTokens(tx, userId));
}

/** A user whose role changes logs in again: tokens made under the old role are dead. */
export function changeRole(db: Db, userId: string, origin: Origin, role: Role): Promise<AdminUser> {
  return changeUser(db, userId, origin, 'admin.user.set_role', async (tx, { email }) => {
    if (email === null) throw notFound('Account');
    if (await queries.setRole(tx, userId, role)) await endAllTokens(tx, userId);
  });
}

/** One act of an admin on a user, with its audit entry; answers with the user as it is then. */
export function changeUser(
  db: Db,
  userId: string,
  origin: Origin,
  action: string,
  change: (tx: Tx, before: AdminUser) => Promise<void>,
): Promise<AdminUser> {
  return inTransaction(db, async (tx) => {
    const before = await queries.findUser(tx, userId);
    if (before === null) throw notFound('User');
    await change(tx, before);
    await record(tx, origin, action, userId);
    return (await queries.findUser(tx, userId)) ?? before;
  });
}

/** The kill switch: within 1 s every instance answers 503 to everything below `/api`. */
export function lockService(db: Db, origin: Origin): Promise<Date | null> {
  return switchLock(db, origin, 'service.lock', queries.insertLock);
}

export function unlockService(db: Db, origin: Origin): Promise<Date | null> {
  return switchLock(db, origin, 'service.unlock', queries.deleteLock);
}

/** For a database that was set back in a way that it cannot notice, such as a snapshot of its disk. */
export function startNewEpoch(db: Db, origin: Origin): Promise<void> {
  return inTransaction(db, async (tx) => {
    await beginEpoch(tx);
    await record(tx, origin, 'service.new_epoch', service);
  });
}

function switchLock(db: Db, origin: Origin, action: string, change: (tx: Tx) => Promise<boolean>) {
  return inTransaction(db, async (tx) => {
    if (await change(tx)) await record(tx, origin, action, service);
    return queries.findLock(tx);
  });
}
