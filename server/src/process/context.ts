import type { Logger } from 'pino';
import { createBetterAuth } from '../accounts/better-auth.ts';
import { createEmailChange } from '../accounts/email-change.ts';
import { createPasswordReset } from '../accounts/password-reset.ts';
import { createAccounts } from '../accounts/service.ts';
import { createAuditCounts } from '../audit/reads.ts';
import { createRefusedEntries } from '../audit/refused.ts';
import type { Config } from '../config/config.ts';
import type { Context } from '../context.ts';
import type { DatabaseConnection } from '../db/hosts.ts';
import { connectionFromUrl } from '../db/pool.ts';
import type { Db } from '../db/schema.ts';
import { createFollowers } from '../feed/followers.ts';
import { createEventStreams } from '../feed/streams.ts';
import { createWakeUps } from '../feed/wake-ups.ts';
import { allJobs } from '../jobs/all.ts';
import { createJobs } from '../jobs/runner.ts';
import { redisCounters } from '../limits/redis.ts';
import { createLimits } from '../limits/service.ts';
import type { SharedCounters } from '../limits/shared.ts';
import { createMailer } from '../mail/mailer.ts';
import { createMetrics } from '../metrics/service.ts';
import { createAnswerCache } from '../response-cache/cache.ts';
import { createReads } from '../response-cache/replica-reads.ts';
import { createRevisionReader } from '../response-cache/revision-reader.ts';
import { createAccess } from '../tokens/access.ts';
import { createTokens } from '../tokens/tokens.ts';

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
