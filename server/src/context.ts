import type { Logger } from 'pino';
import type { Accounts } from './accounts/accounts.ts';
import type { BetterAuth } from './accounts/better-auth.ts';
import type { EmailChange } from './accounts/email-change.ts';
import type { PasswordReset } from './accounts/password-reset.ts';
import type { AuditCounts } from './audit/counts.ts';
import type { RefusedEntries } from './audit/refused-entries.ts';
import type { Config } from './config/config.ts';
import type { Db } from './db/schema.ts';
import type { ChangeNotifier } from './feed/change-notifier.ts';
import type { EventStreams } from './feed/event-streams.ts';
import type { Subscriptions } from './feed/subscriptions.ts';
import type { Jobs } from './jobs/runner.ts';
import type { Limits } from './limits/service.ts';
import type { Mailer } from './mail/mailer.ts';
import type { Metrics } from './metrics/service.ts';
import type { ResponseCache } from './response-cache/cache.ts';
import type { ReadRouter } from './response-cache/read-router.ts';
import type { GetRevision } from './response-cache/revision-reader.ts';
import type { Senders } from './senders/model.ts';
import type { AccessControl } from './tokens/access-control.ts';
import type { TokenVerifier } from './tokens/token-verifier.ts';

/** What a request handler works with. */
export interface Context {
  config: Config;
  db: Db;
  log: Logger;
  mailer: Mailer;
  senders: Senders;
  betterAuth: BetterAuth;
  accounts: Accounts;
  emailChange: EmailChange;
  passwordReset: PasswordReset;
  accessControl: AccessControl;
  tokenVerifier: TokenVerifier;
  getRevision: GetRevision;
  readRouter: ReadRouter;
  responseCache: ResponseCache;
  auditCounts: AuditCounts;
  refusedEntries: RefusedEntries;
  limits: Limits;
  jobs: Jobs;
  changeNotifier: ChangeNotifier;
  subscriptions: Subscriptions;
  eventStreams: EventStreams;
  metrics: Metrics;
}
