import type { Logger } from 'pino';
import { type AuditCounts, createAuditCounts } from './audit/reads.ts';
import { createRefusedEntries, type RefusedEntries } from './audit/refused.ts';
import { type Access, createAccess } from './auth/access.ts';
import { type BetterAuth, createBetterAuth } from './auth/better-auth.ts';
import { createEmailChange, type EmailChange } from './auth/email-change.ts';
import { createPasswordReset, type PasswordReset } from './auth/password-reset.ts';
import { type Accounts, createAccounts } from './auth/service.ts';
import { createTokens, type Tokens } from './auth/tokens.ts';
import { type AnswerCache, createAnswerCache } from './cache.ts';
import type { Config } from './config.ts';
import type { DatabaseConnection } from './db/hosts.ts';
import { connectionFromUrl } from './db/pool.ts';
import type { Db } from './db/schema.ts';
import { allJobs } from './jobs/all.ts';
import { createJobs, type Jobs } from './jobs/runner.ts';
import { redisCounters } from './limits/redis.ts';
import { createLimits, type Limits } from './limits/service.ts';
import type { SharedCounters } from './limits/shared.ts';
import { createMailer, type Mailer } from './mail/mailer.ts';
import { createMetrics, type Metrics } from './metrics/service.ts';
import { createReads, type Reads } from './owners/reads.ts';
import { createRevisionReader, type RevisionOf } from './owners/revisions.ts';
import { createFollowers, type Followers } from './sync/followers.ts';
import { createEventStreams, type EventStreams } from './sync/streams.ts';
import { createWakeUps, type WakeUps } from './sync/wake-ups.ts';

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
