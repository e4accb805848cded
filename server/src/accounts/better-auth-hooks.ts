import { APIError, createAuthMiddleware, isAPIError } from 'better-auth/api';
import { decodeJwt } from 'jose';
import type { Db } from '../db/schema.ts';
import { inTransaction } from '../db/transaction.ts';
import type { Mailer } from '../mail/mailer.ts';
import { passwordChangedNotice } from '../mail/templates.ts';
import { deleteSession, isBanned, isPasswordCurrent, revokeAllTokens } from './access-queries.ts';
import type { PasswordReset } from './password-reset.ts';
import { isCommonPassword, passwordMaxLength, passwordMinLength, signInStore } from './passwords.ts';
import type { RegistrationPolicy } from './registration-policy.ts';
import { invalidCodeError } from './second-factor.ts';
import { deleteLinks } from './stored-links.ts';
import { stripWhitespace } from './strip-whitespace.ts';

/** Body fields that set a password. */
const passwordFields = ['password', 'newPassword'] as const;
const passwordPaths = new Set(['/sign-up/email', '/change-password', '/reset-password', '/set-password']);

/** Requests whose only effect is a mail. */
const mailPaths = new Set(['/request-password-reset', '/send-verification-email']);

function passwordError(password: string) {
  const length = [...password].length;
  if (length < passwordMinLength) return { code: 'PASSWORD_TOO_SHORT', message: 'Password too short' };
  if (length > passwordMaxLength) return { code: 'PASSWORD_TOO_LONG', message: 'Password too long' };
  if (isCommonPassword(password)) return { code: 'PASSWORD_TOO_COMMON', message: 'Password is too common' };
  return null;
}

/**
 * Refuses weak passwords. A change of password always ends the other sessions; `revokeOtherSessions` has no effect.
 */
function checkPasswords(path: string, body: Record<string, unknown> | undefined) {
  for (const field of passwordFields) {
    const value = body?.[field];
    const fault = typeof value === 'string' ? passwordError(value) : null;
    if (fault !== null) throw new APIError('BAD_REQUEST', fault);
  }
  const overrides = path === '/change-password' ? { revokeOtherSessions: true } : {};
  return { context: { body: { ...body, ...overrides } } };
}

/**
 * Accepts JWTs of verification links only, which have neither `sub` nor `updateTo`. Access tokens and change-of-address
 * links of front ends are signed with the same shared secret.
 */
function checkVerificationToken(token: unknown): void {
  try {
    const { sub, updateTo } = decodeJwt(String(token));
    if (sub === undefined && updateTo === undefined) return;
  } catch {
    // Refused below.
  }
  throw new APIError('UNAUTHORIZED', { code: 'INVALID_TOKEN', message: 'Invalid token' });
}

const resetRequested = {
  status: true,
  message: 'If this email exists in our system, check your email for the reset link',
};

interface RequestGuards {
  registrationPolicy: RegistrationPolicy;
  mailer: Mailer;
  passwordReset: PasswordReset;
}

export const beforeRequest = ({ registrationPolicy, mailer, passwordReset }: RequestGuards) =>
  createAuthMiddleware(async ({ path, body, query }) => {
    if (path === '/sign-up/email') await registrationPolicy.check(body);
    if (mailPaths.has(path)) mailer.requireDelivery();
    if (passwordPaths.has(path)) return checkPasswords(path, body);
    if (path.startsWith('/two-factor/')) return normalizeSecondFactor(body);
    if (path === '/verify-email') checkVerificationToken(query?.token);
    if (path === '/request-password-reset' && typeof body?.email === 'string') {
      const { email, redirectTo } = body;
      passwordReset.request(null, email, typeof redirectTo === 'string' ? redirectTo : undefined);
      return resetRequested;
    }
    return undefined;
  });

/** Disables trusted devices: such a device skips the second factor, even after a change of password. */
function normalizeSecondFactor(body: Record<string, unknown> | undefined) {
  const code = typeof body?.code === 'string' ? { code: stripWhitespace(body.code) } : {};
  return { context: { body: { ...body, ...code, trustDevice: false } } };
}

/** How long a used TOTP code is stored, so that it works once. A code is valid for 90 s. */
const codeSeconds = 180;

export const afterRequest = (db: Db, mailer: Mailer) =>
  createAuthMiddleware(async ({ path, body, context }) => {
    const { newSession, internalAdapter } = context;
    if (newSession === null || isAPIError(context.returned)) return;
    const { user, session } = newSession;
    if (path === '/change-password') await afterPasswordChange(db, mailer, user, session.id);
    if (path === '/two-factor/verify-totp') {
      const isFirst = await internalAdapter.reserveVerificationValue({
        identifier: `totp-code:${user.id}:${body.code}`,
        value: user.id,
        expiresAt: new Date(Date.now() + codeSeconds * 1_000),
      });
      if (isFirst) return;
      // The response with the session's token has not been sent yet.
      await internalAdapter.deleteSession(session.token);
      context.setNewSession(null);
      throw invalidCodeError();
    }
  });

/** What Better Auth does not do: revoke tokens of other issuers, delete one-time links, and notify the user by mail. */
export async function afterPasswordChange(
  db: Db,
  mailer: Mailer,
  user: { id: string; email: string },
  currentSessionId?: string,
): Promise<void> {
  await inTransaction(db, async (tx) => {
    await revokeAllTokens(tx, user.id, currentSessionId);
    await deleteLinks(tx, user.id);
  });
  mailer.send(passwordChangedNotice(user.email));
}

/**
 * Refuses a banned user's sign-in like a wrong password. Skips sign-ups: the user is new, and their transaction holds a
 * connection. A second one for this query could exhaust the pool.
 */
export async function refuseBanned(db: Db, userId: string, path: string | undefined): Promise<void> {
  if (path === '/sign-up/email' || !(await isBanned(db, userId))) return;
  throw wrongPassword();
}

/** Ends the new session if password or ban changed after the sign-in had read the hash. */
export async function refuseStaleSignIn(db: Db, session: { id: string; userId: string }): Promise<void> {
  const hash = signInStore.getStore()?.passwordHash ?? null;
  if (hash === null || (await isPasswordCurrent(db, session.userId, hash))) return;
  await deleteSession(db, session.userId, session.id);
  throw wrongPassword();
}

const wrongPassword = () =>
  new APIError('UNAUTHORIZED', {
    code: 'INVALID_EMAIL_OR_PASSWORD',
    message: 'Invalid email or password',
  });

const textLimits = { name: 201, firstName: 100, lastName: 100, image: 2_048 };

/** Better Auth does not validate these fields. Limits are in code points; only `image` may be null. */
export function validateTextFields(user: Record<string, unknown>): void {
  for (const [field, limit] of Object.entries(textLimits)) {
    const value = user[field];
    if (value === undefined || (value === null && field === 'image')) continue;
    if (typeof value === 'string' && [...value].length <= limit) continue;
    const message = `${field} must be a text of at most ${limit} characters`;
    throw new APIError('BAD_REQUEST', { code: 'INVALID_FIELD', message });
  }
}

/** Better Auth has one `name`, v1 a first and a last one. A sign-up with `name` alone gets it as its first name. */
export function withDefaultNames<User extends { name: string }>(user: User & Record<string, unknown>) {
  validateTextFields(user);
  const { firstName, lastName } = user;
  return {
    data: {
      ...user,
      role: 'user',
      firstName: typeof firstName === 'string' ? firstName : user.name,
      lastName: typeof lastName === 'string' ? lastName : '',
    },
  };
}
