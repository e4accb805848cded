import { sql } from 'kysely';
import type { Logger } from 'pino';
import { addSigningKey, type BetterAuth, canSign, createBetterAuth } from './auth/better-auth.ts';
import { type Accounts, createAccounts } from './auth/service.ts';
import { createSessions, type Sessions } from './auth/sessions.ts';
import { createTokens, type Tokens } from './auth/tokens.ts';
import type { Config } from './config.ts';
import type { Db } from './db/schema.ts';
import { inTransaction } from './db/transaction.ts';

/** What a request handler works with. */
export interface Context {
  config: Config;
  db: Db;
  log: Logger;
  betterAuth: BetterAuth;
  accounts: Accounts;
  sessions: Sessions;
  tokens: Tokens;
}

export function createContext(config: Config, db: Db, log: Logger): Context {
  const betterAuth = createBetterAuth(config, db, log);
  const sessions = createSessions(db);
  return {
    config,
    db,
    log,
    betterAuth,
    sessions,
    accounts: createAccounts(config, betterAuth),
    tokens: createTokens(config, betterAuth, sessions),
  };
}

/** Key of the advisory lock under which the first signing key is made: "keys" in ASCII. */
const lockKey = 0x6b657973;

/**
 * Makes this server's signing key when there is none, or when the newest was encrypted with another BETTER_AUTH_SECRET:
 * the older public keys stay and verify what they signed. Instances that start together make one.
 */
export async function ensureSigningKey({ db, betterAuth }: Context): Promise<void> {
  await inTransaction(db, async (tx) => {
    await sql`select pg_advisory_xact_lock(${lockKey})`.execute(tx);
    await betterAuth.api.getJwks();
    if (!(await canSign(betterAuth))) await addSigningKey(betterAuth);
  });
}
