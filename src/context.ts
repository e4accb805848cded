import type { Logger } from 'pino';
import { type BetterAuth, createBetterAuth } from './auth/better-auth.ts';
import { type Accounts, createAccounts } from './auth/service.ts';
import { createSessions, type Sessions } from './auth/sessions.ts';
import { createTokens, type Tokens } from './auth/tokens.ts';
import type { Config } from './config.ts';
import type { Db } from './db/schema.ts';

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
