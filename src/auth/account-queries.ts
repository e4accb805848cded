import { sql } from 'kysely';
import type { Db } from '../db/schema.ts';

export interface Account {
  id: string;
  email: string;
  emailVerified: boolean;
  passwordHash: string;
}

const accounts = sql`
  select u.id, u.email, u."emailVerified", a.password as "passwordHash"
  from better_auth."user" u
  join better_auth.account a on a."userId" = u.id and a."providerId" = 'credential' and a.password is not null`;

/** @returns null for a user of another issuer, who has no account here. */
export async function findAccount(db: Db, userId: string): Promise<Account | null> {
  const { rows } = await sql<Account>`${accounts} where u.id = ${userId}`.execute(db);
  return rows[0] ?? null;
}

export async function findAccountByEmail(db: Db, email: string): Promise<Account | null> {
  const { rows } = await sql<Account>`${accounts} where u.email = ${email.toLowerCase()}`.execute(db);
  return rows[0] ?? null;
}

/** Sets a password; with the hash from before, only if it still is that one. */
export async function updatePassword(
  db: Db,
  userId: string,
  passwordHash: string,
  before: string | null,
): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update better_auth.account set password = ${passwordHash}, "updatedAt" = now()
    where "userId" = ${userId} and "providerId" = 'credential'
      and (${before}::text is null or password = ${before})`.execute(db);
  return numAffectedRows === 1n;
}

/** Sets a confirmed address. @returns the one from before; null when it is taken, or the account is gone. */
export async function updateEmail(db: Db, userId: string, email: string): Promise<string | null> {
  const { rows } = await sql<{ email: string }>`
    update better_auth."user" u set email = ${email}, "emailVerified" = true, "updatedAt" = now()
    from better_auth."user" before
    where u.id = ${userId} and before.id = u.id
      and not exists (select from better_auth."user" where email = ${email})
    returning before.email`.execute(db);
  return rows[0]?.email ?? null;
}
