import type { AuditEntry } from '../audit/model.ts';
import { appendAudit } from '../audit/queries.ts';
import type { Db } from '../db/schema.ts';
import { notFound, wrongPassword } from '../platform/errors.ts';
import { type Account, findAccount } from './account-queries.ts';
import { passwordHashing } from './passwords.ts';

/**
 * Checks the password of an account, for actions that a stolen token must not suffice for. A wrong one is recorded in
 * the audit log as a failure of `entry.action`.
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
