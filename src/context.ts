import type { Logger } from 'pino';
import { type AuditCounts, createAuditCounts } from './audit/reads.ts';
import { type Access, createAccess } from './auth/access.ts';
import { type BetterAuth, createBetterAuth } from './auth/better-auth.ts';
import { type Accounts, createAccounts } from './auth/service.ts';
import { createTokens, type Tokens } from './auth/tokens.ts';
import type { Config } from './config.ts';
import type { Db } from './db/schema.ts';
import { createLimits, type Limits } from './limits/service.ts';

/** What a request handler works with. */
export interface Context {
  config: Config;
  db: Db;
  log: Logger;
  betterAuth: BetterAuth;
  accounts: Accounts;
  access: Access;
  tokens: Tokens;
  auditCounts: AuditCounts;
  limits: Limits;
}

export function createContext(config: Config, db: Db, log: Logger): Context {
  const betterAuth = createBetterAuth(config, db, log);
  const access = createAccess(db);
  return {
    config,
    db,
    log,
    betterAuth,
    access,
    accounts: createAccounts(config, betterAuth),
    tokens: createTokens(config, betterAuth, access, log),
    auditCounts: createAuditCounts(db, log),
    limits: createLimits(config.limits, log),
  };
}
