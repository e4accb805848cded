import type { AuditEntry } from '../audit/model.ts';
import { appendAudit } from '../audit/queries.ts';
import type { Db } from '../db/schema.ts';
import { notFound, wrongPassword } from '../platform/errors.ts';
import { type Account, findAccount } from './account-queries.ts';
import { passwordHashing } from './passwords.ts';

/**
 * The account of a user who proves again to know its password: a token alone, which may be stolen, is not enough for
 * what `act` is. A wrong password is an entry of the audit log.
 * @throws AppError NOT_FOUND without an account, INVALID_CREDENTIALS
 */
export async function requirePassword(
  db: Db,
  userId: string,
  password: string,
  entry: Pick<AuditEntry, 'origin' | 'action'>,
): Promise<Account> {
  const account = await findAccount(db, userId);
  if (account === null) throw notFound('Account');
  if (await passwordHashing.verify({ hash: account.passwordHash, password })) return account;
  await appendAudit(db, [{ ...entry, userId, outcome: 'failure' }]);
  throw wrongPassword();
}
