import { requirePassword } from '../accounts/require-password.ts';
import { findUser } from '../admin/queries.ts';
import type { AuditOrigin } from '../audit/origin.ts';
import type { Db } from '../db/schema.ts';
import { freshTokenRequired, notFound, validationError } from '../platform/errors.ts';
import type { Identity } from '../tokens/identity.ts';
import type { Erasure } from './model.ts';

const freshMs = 5 * 60_000;

const issue = (field: keyof Erasure, msg: string) =>
  validationError([{ loc: ['body', field], msg, type: 'required' }]);

/**
 * Of an account the password is wanted again. A token of another issuer proves no log-in here: it cannot erase an
 * account, which stays hidden from it. Without an account nobody has a password, so the token has to be a new one.
 * @throws AppError NOT_FOUND, INVALID_CREDENTIALS, VALIDATION_ERROR
 */
export async function requireOwner(
  db: Db,
  { userId, sessionId, issuedAt }: Identity,
  origin: AuditOrigin,
  { password, confirm }: Erasure,
): Promise<void> {
  if (sessionId !== null) {
    if (password === undefined) throw issue('password', 'is missing');
    await requirePassword(db, userId, password, { origin, action: 'user.erase' });
    return;
  }
  const user = await findUser(db, userId);
  if (user !== null && user.email !== null) throw notFound('Account');
  if (confirm !== userId) throw issue('confirm', 'must be the user id');
  if (issuedAt === null || issuedAt * 1_000 < Date.now() - freshMs) throw freshTokenRequired();
}
