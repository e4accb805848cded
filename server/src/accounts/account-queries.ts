import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import type { Db } from '../db/schema.ts';

export interface Account {
  id: string;
  email: string;
  emailVerified: boolean;
  passwordHash: string;
}

const selectAccounts = sql`
  select u.id, u.email, u."emailVerified", a.password as "passwordHash"
  from better_auth."user" u
  join better_auth.account a on a."userId" = u.id and a."providerId" = 'credential' and a.password is not null`;

/** @returns null for a user of another issuer, who has no account. */
export async function findAccount(db: Db, userId: string): Promise<Account | null> {
  const { rows } = await sql<Account>`${selectAccounts} where u.id = ${userId}`.execute(db);
  return rows[0] ?? null;
}

export async function findAccountByEmail(db: Db, email: string): Promise<Account | null> {
  const { rows } = await sql<Account>`${selectAccounts} where u.email = ${email.toLowerCase()}`.execute(db);
  return rows[0] ?? null;
}

export interface NewAccount {
  /** Must be in lower case. */
  email: string;
  firstName: string;
  lastName: string;
}

/**
 * Random bytes in the form of Better Auth's scrypt hashes (`salt:key`, hex). No password matches, and a check takes as
 * long as for a real hash.
 */
const unusablePasswordHash = () => `${randomBytes(16).toString('hex')}:${randomBytes(64).toString('hex')}`;

/** Inserts an account without a usable password. @returns its id; null when the email address is taken. */
export async function insertAccount(
  db: Db,
  { email, firstName, lastName }: NewAccount,
): Promise<string | null> {
  const id = randomBytes(16).toString('hex');
  const name = `${firstName} ${lastName}`.trim();
  const { numAffectedRows } = await sql`
    with made as (
      insert into better_auth."user" (id, name, email, "emailVerified", role, "firstName", "lastName", "createdAt", "updatedAt")
      values (${id}, ${name}, ${email}, false, 'user', ${firstName}, ${lastName}, now(), now())
      on conflict (email) do nothing returning id
    )
    insert into better_auth.account (id, "accountId", "providerId", "userId", password, "createdAt", "updatedAt")
    select ${randomBytes(16).toString('hex')}, id, 'credential', id, ${unusablePasswordHash()}, now(), now() from made`.execute(
    db,
  );
  return numAffectedRows === 1n ? id : null;
}

/**
 * @param expectedHash updates only if the account still has this hash; null: always
 * @returns whether a row was updated
 */
export async function updatePassword(
  db: Db,
  userId: string,
  passwordHash: string,
  expectedHash: string | null,
): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update better_auth.account set password = ${passwordHash}, "updatedAt" = now()
    where "userId" = ${userId} and "providerId" = 'credential'
      and (${expectedHash}::text is null or password = ${expectedHash})`.execute(db);
  return numAffectedRows === 1n;
}

/**
 * Sets a confirmed email address.
 * @returns the previous one; null when the new one is taken or there is no account
 * @throws a unique violation (23505) when a concurrent transaction takes the email address
 */
export async function updateEmail(db: Db, userId: string, email: string): Promise<string | null> {
  const { rows } = await sql<{ email: string }>`
    update better_auth."user" u set email = ${email}, "emailVerified" = true, "updatedAt" = now()
    from better_auth."user" before
    where u.id = ${userId} and before.id = u.id
      and not exists (select from better_auth."user" where email = ${email})
    returning before.email`.execute(db);
  return rows[0]?.email ?? null;
}
