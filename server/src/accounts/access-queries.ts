import { sql } from 'kysely';
import type { Db, Tx } from '../db/schema.ts';

/**
 * Ends every session of a user but `currentSessionId`, and with them this server's tokens. Tokens of other issuers are
 * refused if their `iat` is earlier than now. The user needs no account.
 *
 * Locks the account's row first. A concurrent log-in may have inserted its session already: it is deleted here. Or it
 * inserts the session after the commit: then `isPasswordCurrent` refuses it.
 */
export async function revokeAllTokens(tx: Tx, userId: string, currentSessionId = ''): Promise<void> {
  await sql`select from better_auth."user" where id = ${userId} for update`.execute(tx);
  await sql`
    with sessions as (delete from better_auth.session where "userId" = ${userId} and id <> ${currentSessionId})
    insert into duly.user_access as access (user_id, tokens_valid_from) values (${userId}, statement_timestamp())
    on conflict (user_id) do update
      set tokens_valid_from = greatest(access.tokens_valid_from, excluded.tokens_valid_from)`.execute(tx);
}

export async function isBanned(db: Db, userId: string): Promise<boolean> {
  const { rows } = await sql`
    select from duly.user_access where user_id = ${userId} and banned_at is not null`.execute(db);
  return rows.length > 0;
}

/**
 * Whether the account still has this hash and no ban. To be read after a session was inserted: password or ban may have
 * changed since the log-in read the hash.
 */
export async function isPasswordCurrent(db: Db, userId: string, passwordHash: string): Promise<boolean> {
  const { rows } = await sql`
    select from better_auth.account a
    where a."userId" = ${userId} and a."providerId" = 'credential' and a.password = ${passwordHash}
      and not exists (select from duly.user_access where user_id = ${userId} and banned_at is not null)`.execute(
    db,
  );
  return rows.length > 0;
}

export async function deleteSession(db: Db, userId: string, sessionId: string): Promise<void> {
  await sql`delete from better_auth.session where id = ${sessionId} and "userId" = ${userId}`.execute(db);
}
