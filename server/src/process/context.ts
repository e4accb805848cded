import type { Logger } from 'pino';
import { createAccounts } from '../accounts/accounts.ts';
import { createEmailChange } from '../accounts/email-change.ts';
import { lazyBetterAuth } from '../accounts/lazy-better-auth.ts';
import { createPasswordReset } from '../accounts/password-reset.ts';
import { createSigningKeys } from '../accounts/signing-key.ts';
import { createAuditCounts } from '../audit/counts.ts';
import { createRefusedEntries } from '../audit/refused-entries.ts';
import type { Config } from '../config/config.ts';
import type { Context } from '../context.ts';
import type { DatabaseConnection } from '../db/hosts.ts';
import { connectionFromUrl } from '../db/pool.ts';
import type { Db } from '../db/schema.ts';
import { createErasures } from '../erasure/service.ts';
import { createChangeNotifier } from '../feed/change-notifier.ts';
import { createEventStreams } from '../feed/event-streams.ts';
import { createSubscriptions } from '../feed/subscriptions.ts';
import { allJobs } from '../jobs/all.ts';
import { createJobs } from '../jobs/runner.ts';
import { redisCounters } from '../limits/redis-counters.ts';
import { createLimits } from '../limits/service.ts';
import type { SharedCounters } from '../limits/shared-counters.ts';
import { createMailer } from '../mail/mailer.ts';
import { createMetrics } from '../metrics/service.ts';
import { createResponseCache } from '../response-cache/cache.ts';
import { createReadRouter } from '../response-cache/read-router.ts';
import { createRevisionReader } from '../response-cache/revision-reader.ts';
import { createSenders } from '../senders/senders.ts';
import { createOrderIndexes } from '../tasks/order-indexes.ts';
import { createStatistics } from '../tasks/statistics.ts';
import { createAccessControl } from '../tokens/access-control.ts';
import { createTokenVerifier } from '../tokens/token-verifier.ts';

/**
 * @param connection the pool's, to LISTEN for other instances if DATABASE_DIRECT_URL is not set; null polls them
 * instead
 * @param counters counters shared between processes; null counts in this process
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
  const signingKeys = createSigningKeys(db, log, config.auth.secrets);
  const betterAuth = lazyBetterAuth(config, db, log, signingKeys, mailer, passwordReset);
  const getRevision = createRevisionReader(db);
  const readRouter = createReadRouter(db, replica, log);
  const responseCache = createResponseCache(config.cache, getRevision, readRouter);
  const accessControl = createAccessControl(db, () => {
    responseCache.clear();
    changeNotifier.notifyAll();
  });
  const tokenVerifier = createTokenVerifier(config, signingKeys, accessControl, log);
  const changeNotifier = createChangeNotifier(
    db,
    log,
    directUrl === null ? connection : connectionFromUrl(directUrl),
  );
  const subscriptions = createSubscriptions(accessControl, tokenVerifier);
  const { secrets } = config.auth;
  const refusedEntries = createRefusedEntries(db, log);
  const auditCounts = createAuditCounts(db, log, refusedEntries);
  const limits = createLimits(config.limits, counters);
  const jobs = createJobs({ config, db, changeNotifier }, log, allJobs);
  const eventStreams = createEventStreams({ db, log, secrets, changeNotifier, subscriptions, getRevision });
  return {
    config,
    db,
    log,
    mailer,
    senders: createSenders(config, db, log),
    betterAuth,
    getRevision,
    readRouter,
    responseCache,
    accessControl,
    passwordReset,
    accounts: createAccounts(config, db, betterAuth, mailer),
    emailChange: createEmailChange(config, db, betterAuth, mailer),
    tokenVerifier,
    auditCounts,
    refusedEntries,
    erasures: createErasures({ db, log, settings: config.erasure, auditCounts }),
    limits,
    jobs,
    orderIndexes: createOrderIndexes(db, log),
    statistics: createStatistics(db, log),
    changeNotifier,
    subscriptions,
    eventStreams,
    metrics: createMetrics({
      config,
      db,
      responseCache,
      readRouter,
      limits,
      jobs,
      subscriptions,
      eventStreams,
      refusedEntries,
    }),
  };
}
