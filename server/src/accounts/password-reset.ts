import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { AuditOrigin } from '../audit/origin.ts';
import { appendAudit } from '../audit/queries.ts';
import type { Config } from '../config/config.ts';
import { outsideFailureRecord } from '../db/failure-record.ts';
import { readOnlyForMs } from '../db/pool.ts';
import type { Db } from '../db/schema.ts';
import { inTransaction } from '../db/transaction.ts';
import type { Mailer } from '../mail/mailer.ts';
import { passwordChangedNotice, passwordResetMail } from '../mail/templates.ts';
import { createConcurrencyLimiter } from '../platform/concurrency-limiter.ts';
import { invalidLink, serviceUnavailable } from '../platform/errors.ts';
import { revokeAllTokens } from './access-queries.ts';
import { findAccount, findAccountByEmail, updatePassword } from './account-queries.ts';
import { passwordLinkUrl } from './link-urls.ts';
import { passwordHashing } from './passwords.ts';
import { consumeLink, createLink, deleteLinks, findLink } from './stored-links.ts';

export interface PasswordReset {
  /**
   * Mails a link in the background, if there is such an account. Neither the response nor its time depends on that.
   * @param origin null when the caller audits the request
   * @param redirectTo the target of a Better Auth client's link; must be checked already
   * @throws AppError MAIL_NOT_CONFIGURED; SERVICE_UNAVAILABLE while the database is read-only
   */
  request(origin: AuditOrigin | null, email: string, redirectTo?: string): void;
  /** Sets the password and ends all sessions, tokens and links of the user. @throws AppError INVALID_TOKEN */
  confirm(origin: AuditOrigin, token: string, newPassword: string): Promise<void>;
}

const maxConcurrent = 20;
const maxQueued = 500;
/** Random, and long enough that the response is sent before the work could delay it. */
const delayMs = () => 100 + Math.random() * 200;

export function createPasswordReset(config: Config, db: Db, log: Logger, mailer: Mailer): PasswordReset {
  const limiter = createConcurrencyLimiter(maxConcurrent, maxQueued);

  function resetLinkOf(token: string, email: string, redirectTo: string | undefined): string {
    if (redirectTo !== undefined) {
      const callback = encodeURIComponent(redirectTo);
      return `${config.auth.baseUrl}/api/auth/reset-password/${token}?callbackURL=${callback}`;
    }
    return passwordLinkUrl(config, token, email);
  }

  async function send(
    origin: AuditOrigin | null,
    email: string,
    redirectTo: string | undefined,
  ): Promise<void> {
    await sleep(delayMs());
    const account = await findAccountByEmail(db, email);
    if (account === null) return;
    const { token } = await createLink(db, account.id, 'reset');
    if (origin !== null) {
      const entry = { userId: account.id, origin, action: 'auth.request_password_reset' };
      await appendAudit(db, [{ ...entry, outcome: 'success' }]);
    }
    mailer.send(passwordResetMail(account.email, resetLinkOf(token, account.email, redirectTo)));
  }

  return {
    request(origin, email, redirectTo) {
      mailer.requireDelivery();
      if (readOnlyForMs(db) !== null) throw serviceUnavailable();
      outsideFailureRecord(() => limiter(() => send(origin, email, redirectTo))).catch((error: unknown) => {
        const code = error instanceof Error && 'code' in error ? error.code : undefined;
        log.warn({ code, request_id: origin?.requestId }, 'a request for a new password failed');
      });
    },
    async confirm(origin, token, newPassword) {
      // Avoids hashing for an invalid token. The transaction below checks it again.
      if ((await findLink(db, 'reset', token)) === null) throw invalidLink();
      const passwordHash = await passwordHashing.hash(newPassword);
      const account = await inTransaction(db, async (tx) => {
        const link = await consumeLink(tx, 'reset', token);
        const found = link === null ? null : await findAccount(tx, link.owner);
        if (found === null) throw invalidLink();
        await updatePassword(tx, found.id, passwordHash, null);
        await revokeAllTokens(tx, found.id);
        await deleteLinks(tx, found.id);
        const entry = { userId: found.id, origin, action: 'auth.reset_password' };
        await appendAudit(tx, [{ ...entry, outcome: 'success' }]);
        return found;
      });
      mailer.send(passwordChangedNotice(account.email));
    },
  };
}
