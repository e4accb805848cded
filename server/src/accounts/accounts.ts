import type { Config } from '../config/config.ts';
import { rethrowDatabaseFailure } from '../db/failure-record.ts';
import type { Db } from '../db/schema.ts';
import type { Mailer } from '../mail/mailer.ts';
import { lazy } from '../platform/lazy.ts';
import type { Accounts } from './account-operations.ts';
import type { LoadBetterAuth } from './lazy-better-auth.ts';

/**
 * Better Auth reports a failure of the database as "wrong password" or "no session". These functions throw the failure
 * itself, which is a 503. The first call loads Better Auth.
 */
export function createAccounts(config: Config, db: Db, betterAuth: LoadBetterAuth, mailer: Mailer): Accounts {
  const operations = lazy(async () => {
    const { createAccountOperations } = await import('./account-operations.ts');
    return createAccountOperations(config, db, await betterAuth(), mailer);
  });
  return {
    register: (...args) => rethrowDatabaseFailure(async () => (await operations()).register(...args)),
    login: (...args) => rethrowDatabaseFailure(async () => (await operations()).login(...args)),
    changePassword: (...args) =>
      rethrowDatabaseFailure(async () => (await operations()).changePassword(...args)),
  };
}
