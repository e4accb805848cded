import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { AuditOrigin } from '../audit/model.ts';
import { appendAudit } from '../audit/queries.ts';
import type { Config } from '../config/config.ts';
import { outsideFailureRecord } from '../db/failure-record.ts';
import { readOnlyForMs } from '../db/pool.ts';
import type { Db } from '../db/schema.ts';
import { inTransaction } from '../db/transaction.ts';
import type { Mailer } from '../mail/mailer.ts';
import { passwordChangedNotice, passwordResetMail } from '../mail/templates.ts';
import { createConcurrencyLimiter } from '../platform/concurrency-limiter.ts';
import { invalidToken, serviceUnavailable } from '../platform/errors.ts';
import { revokeAllTokens } from './access-queries.ts';
import { findAccount, findAccountByEmail, updatePassword } from './account-queries.ts';
import { passwordLinkUrl } from './link-urls.ts';
import { passwordHashing } from './passwords.ts';
import { consumeLink, createLink, deleteLinks, findLink } from './stored-links.ts';

export interface PasswordReset {
  /**
   * Sends a link, if there is such an account. Returns at once: neither time nor answer tell.
   * @param origin null when the request is audited elsewhere.
   * @param redirectTo of a Better Auth client: where its link leads, checked already.
   * @throws AppError MAIL_NOT_CONFIGURED; SERVICE_UNAVAILABLE while the database is read-only: whatever the address
   */
  request(origin: AuditOrigin | null, email: string, redirectTo?: string): void;
  /** @throws AppError INVALID_TOKEN */
  confirm(origin: AuditOrigin, token: string, newPassword: string): Promise<void>;
}

const maxConcurrent = 20;
const maxQueued = 500;
/** Long enough for the answer to be out, which the work would slow down, and short of what a person notices. */
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
      // Looked up before the costly hash; whether it still is good is decided with the change.
      if ((await findLink(db, 'reset', token)) === null) throw invalidToken();
      const passwordHash = await passwordHashing.hash(newPassword);
      const account = await inTransaction(db, async (tx) => {
        const link = await consumeLink(tx, 'reset', token);
        const owner = link === null ? null : await findAccount(tx, link.owner);
        if (owner === null) throw invalidToken();
        await updatePassword(tx, owner.id, passwordHash, null);
        await revokeAllTokens(tx, owner.id);
        await deleteLinks(tx, owner.id);
        const entry = { userId: owner.id, origin, action: 'auth.reset_password' };
        await appendAudit(tx, [{ ...entry, outcome: 'success' }]);
        return owner;
      });
      mailer.send(passwordChangedNotice(account.email));
    },
  };
}
