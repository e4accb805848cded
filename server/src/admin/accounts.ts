import { findAccount, insertAccount } from '../accounts/account-queries.ts';
import { passwordLinkUrl } from '../accounts/link-urls.ts';
import type { Session } from '../accounts/model.ts';
import { listSessions } from '../accounts/sessions.ts';
import { type CreatedLink, createLink, deleteLinks, weekSeconds } from '../accounts/stored-links.ts';
import type { AuditOrigin } from '../audit/origin.ts';
import { appendAudit } from '../audit/queries.ts';
import type { Config } from '../config/config.ts';
import type { Db } from '../db/schema.ts';
import { inTransaction } from '../db/transaction.ts';
import { emailTaken, notFound } from '../platform/errors.ts';
import type { AdminUser, AdminUserDetails, NewUser, OneTimeLink } from './model.ts';
import { findUser, findUserStats } from './queries.ts';
import { changeUser, viewUser } from './service.ts';

const toOneTimeLink = (config: Config, { token, expiresAt }: CreatedLink, email: string): OneTimeLink => ({
  url: passwordLinkUrl(config, token, email),
  expires_at: expiresAt.toISOString(),
});

/**
 * Creates an account without a password, in every mode of REGISTRATION, and deletes an invitation of the email address.
 * @returns the account, and a one-time link to set its password, valid for a week
 * @throws AppError EMAIL_TAKEN
 */
export function createUser(
  config: Config,
  db: Db,
  origin: AuditOrigin,
  input: NewUser,
): Promise<{ user: AdminUser; link: OneTimeLink }> {
  const email = input.email.toLowerCase();
  const firstName = input.first_name ?? (email.split('@', 1)[0] ?? email).slice(0, 100);
  return inTransaction(db, async (tx) => {
    const userId = await insertAccount(tx, { email, firstName, lastName: input.last_name ?? '' });
    if (userId === null) throw emailTaken();
    await deleteLinks(tx, email);
    const link = await createLink(tx, userId, 'reset', { lifetimeSeconds: weekSeconds });
    await appendAudit(tx, [{ userId, origin, action: 'admin.user.create', outcome: 'success' }]);
    const user = await findUser(tx, userId);
    if (user === null) throw notFound('User');
    return { user, link: toOneTimeLink(config, link, email) };
  });
}

/** A user with counts of tasks and sessions. The view is audited. @throws AppError NOT_FOUND */
export async function getUserDetails(db: Db, userId: string, origin: AuditOrigin): Promise<AdminUserDetails> {
  const user = await viewUser(db, userId, origin);
  return { ...user, ...(await findUserStats(db, userId)) };
}

/**
 * Creates a one-time link to set a new password, valid for an hour. Deletes earlier ones. Sessions end when it is used.
 * @throws AppError NOT_FOUND for a user without an account
 */
export async function createPasswordLink(
  config: Config,
  db: Db,
  userId: string,
  origin: AuditOrigin,
): Promise<OneTimeLink> {
  const { email } = await changeUser(db, userId, origin, 'admin.user.create_password_link', async (tx) => {
    if ((await findAccount(tx, userId)) === null) throw notFound('Account');
  });
  // Outside the transaction: `createLink` must commit by itself to delete the link of a concurrent call.
  return toOneTimeLink(config, await createLink(db, userId, 'reset'), email ?? '');
}

/** The unexpired sessions of a user, the newest first. @throws AppError NOT_FOUND */
export async function listUserSessions(db: Db, userId: string, origin: AuditOrigin): Promise<Session[]> {
  await viewUser(db, userId, origin, 'admin.user.list_sessions');
  return listSessions(db, userId, null);
}
