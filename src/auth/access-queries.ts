import { sql } from 'kysely';
import type { Db } from '../db/schema.ts';

/**
 * Ends every session of a user but the one to keep, and with them this server's tokens; tokens of other issuers that were
 * issued before this moment are refused from now on. Whether or not there is an account of that id.
 */
export async function endAllTokens(db: Db, userId: string, keptSessionId = ''): Promise<void> {
  await sql`
    with sessions as (delete from better_auth.session where "userId" = ${userId} and id <> ${keptSessionId})
    insert into user_access as access (user_id, tokens_valid_from) values (${userId}, statement_timestamp())
    on conflict (user_id) do update
      set tokens_valid_from = greatest(access.tokens_valid_from, excluded.tokens_valid_from)`.execute(db);
}

export async function isBanned(db: Db, userId: string): Promise<boolean> {
  const { rows } = await sql`
    select from user_access where user_id = ${userId} and banned_at is not null`.execute(db);
  return rows.length > 0;
}
