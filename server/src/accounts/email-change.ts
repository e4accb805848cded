import type { AuditOrigin } from '../audit/origin.ts';
import { appendAudit } from '../audit/queries.ts';
import type { Config } from '../config/config.ts';
import type { Db } from '../db/schema.ts';
import { inTransaction } from '../db/transaction.ts';
import type { Mailer } from '../mail/mailer.ts';
import {
  emailChangedNotice,
  emailChangeMail,
  emailChangeNotice,
  verificationMail,
} from '../mail/templates.ts';
import { invalidLink, notFound } from '../platform/errors.ts';
import { findAccount, findAccountByEmail, updateEmail } from './account-queries.ts';
import type { LoadBetterAuth } from './lazy-better-auth.ts';
import { confirmationUrl } from './link-urls.ts';
import { requirePassword } from './require-password.ts';
import { consumeLink, createLink, deleteLinks } from './stored-links.ts';

export interface EmailChange {
  /**
   * Mails a link to the new email address and a notice to the current one. If the new one belongs to another account,
   * only the notice is sent; the response does not differ.
   * @throws AppError MAIL_NOT_CONFIGURED, NOT_FOUND, INVALID_CREDENTIALS
   */
  request(userId: string, origin: AuditOrigin, email: string, password: string): Promise<void>;
  /** Sets the new email address. @throws AppError INVALID_TOKEN, also when the address was taken meanwhile */
  confirm(origin: AuditOrigin, token: string): Promise<void>;
  /**
   * Mails a link that confirms the current email address, unless confirmed. @throws AppError MAIL_NOT_CONFIGURED,
   * NOT_FOUND
   */
  sendVerification(userId: string, origin: AuditOrigin): Promise<void>;
}

export function createEmailChange(
  config: Config,
  db: Db,
  betterAuth: LoadBetterAuth,
  mailer: Mailer,
): EmailChange {
  return {
    async request(userId, origin, input, password) {
      mailer.requireDelivery();
      const email = input.toLowerCase();
      const entry = { userId, origin, action: 'auth.request_email_change' };
      const account = await requirePassword(db, userId, password, entry);
      const isTaken = (await findAccountByEmail(db, email)) !== null;
      const { token } = await createLink(db, userId, 'email', { newEmail: email });
      await appendAudit(db, [{ ...entry, outcome: 'success' }]);
      if (!isTaken) mailer.send(emailChangeMail(email, confirmationUrl(config, 'change', token)));
      mailer.send(emailChangeNotice(account.email));
    },
    async confirm(origin, token) {
      const previousEmail = await inTransaction(db, async (tx) => {
        const link = await consumeLink(tx, 'email', token);
        const previous = link === null ? null : await updateEmail(tx, link.owner, link.newEmail);
        if (link === null || previous === null) throw invalidLink();
        // The old mailbox may hold an unused link for a new password.
        await deleteLinks(tx, link.owner);
        const entry = { userId: link.owner, origin, action: 'auth.change_email' };
        await appendAudit(tx, [{ ...entry, outcome: 'success' }]);
        return previous;
      }).catch((error: unknown) => {
        throw isUniqueViolation(error) ? invalidLink() : error;
      });
      mailer.send(emailChangedNotice(previousEmail));
    },
    async sendVerification(userId, origin) {
      mailer.requireDelivery();
      const account = await findAccount(db, userId);
      if (account === null) throw notFound('Account');
      const entry = { userId, origin, action: 'auth.send_verification_email' };
      await appendAudit(db, [{ ...entry, outcome: 'success' }]);
      if (account.emailVerified) return;
      const { createEmailVerificationToken } = await import('better-auth/api');
      const { secret } = await (await betterAuth()).$context;
      const token = await createEmailVerificationToken(secret, account.email);
      mailer.send(verificationMail(account.email, confirmationUrl(config, 'verify', token)));
    },
  };
}

/** A concurrent transaction registered the email address after `updateEmail` had checked it. */
const isUniqueViolation = (error: unknown) =>
  error instanceof Error && 'code' in error && error.code === '23505';
