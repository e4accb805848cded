import type { Logger } from 'pino';
import { type BetterAuth, createBetterAuth } from './accounts/better-auth.ts';
import { createEmailChange, type EmailChange } from './accounts/email-change.ts';
import { createPasswordReset, type PasswordReset } from './accounts/password-reset.ts';
import { type Accounts, createAccounts } from './accounts/service.ts';
import { type AuditCounts, createAuditCounts } from './audit/reads.ts';
import { createRefusedEntries, type RefusedEntries } from './audit/refused.ts';
import type { Config } from './config/config.ts';
import type { DatabaseConnection } from './db/hosts.ts';
import { connectionFromUrl } from './db/pool.ts';
import type { Db } from './db/schema.ts';
import { createFollowers, type Followers } from './feed/followers.ts';
import { createEventStreams, type EventStreams } from './feed/streams.ts';
import { createWakeUps, type WakeUps } from './feed/wake-ups.ts';
import { allJobs } from './jobs/all.ts';
import { createJobs, type Jobs } from './jobs/runner.ts';
import { redisCounters } from './limits/redis.ts';
import { createLimits, type Limits } from './limits/service.ts';
import type { SharedCounters } from './limits/shared.ts';
import { createMailer, type Mailer } from './mail/mailer.ts';
import { createMetrics, type Metrics } from './metrics/service.ts';
import { type AnswerCache, createAnswerCache } from './response-cache/cache.ts';
import { createReads, type Reads } from './response-cache/replica-reads.ts';
import { createRevisionReader, type RevisionOf } from './response-cache/revision-reader.ts';
import { type Access, createAccess } from './tokens/access.ts';
import { createTokens, type Tokens } from './tokens/tokens.ts';

/** What a request handler works with. */
export interface Context {
  config: Config;
  db: Db;
  log: Logger;
  mailer: Mailer;
  betterAuth: BetterAuth;
  accounts: Accounts;
  emailChange: EmailChange;
  passwordReset: PasswordReset;
  access: Access;
  tokens: Tokens;
  revisionOf: RevisionOf;
  reads: Reads;
  answers: AnswerCache;
  auditCounts: AuditCounts;
  refusedEntries: RefusedEntries;
  limits: Limits;
  jobs: Jobs;
  wakeUps: WakeUps;
  followers: Followers;
  eventStreams: EventStreams;
  metrics: Metrics;
}

/**
 * @param connection the database's, to listen to other instances when there is no DATABASE_DIRECT_URL; null: they are
 * polled
 * @param counters where limits are counted when not in this process
 */
export function createContext(
  config: Config,
  db: Db,
  log: Logger,
  connection: DatabaseConnection | null = null,
  counters: SharedCounters | null = redisCounters(config.limits, log),
): Context {
  const { directUrl, replica } = config.database;
  const mailer = createMailer(config, log);
  const passwordReset = createPasswordReset(config, db, log, mailer);
  const betterAuth = createBetterAuth(config, db, log, mailer, passwordReset);
  const revisionOf = createRevisionReader(db);
  const reads = createReads(db, replica, log);
  const answers = createAnswerCache(config.cache, revisionOf, reads);
  const access = createAccess(db, () => {
    answers.clear();
    wakeUps.wakeAll();
  });
  const tokens = createTokens(config, betterAuth, access, log);
  const wakeUps = createWakeUps(db, log, directUrl === null ? connection : connectionFromUrl(directUrl));
  const followers = createFollowers(access, tokens);
  const { secrets } = config.auth;
  const refusedEntries = createRefusedEntries(db, log);
  const limits = createLimits(config.limits, counters);
  const jobs = createJobs({ config, db, wakeUps }, log, allJobs);
  const eventStreams = createEventStreams({ db, log, secrets, wakeUps, followers, revisionOf });
  return {
    config,
    db,
    log,
    mailer,
    betterAuth,
    revisionOf,
    reads,
    answers,
    access,
    passwordReset,
    accounts: createAccounts(config, db, betterAuth, mailer),
    emailChange: createEmailChange(config, db, betterAuth, mailer),
    tokens,
    auditCounts: createAuditCounts(db, log, refusedEntries),
    refusedEntries,
    limits,
    jobs,
    wakeUps,
    followers,
    eventStreams,
    metrics: createMetrics({ db, answers, reads, limits, jobs, followers, eventStreams, refusedEntries }),
  };
}
