import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Config } from '../config/config.ts';
import type { SmtpSettings } from '../config/mail.ts';
import { createConcurrencyLimiter } from '../platform/concurrency-limiter.ts';
import { mailNotConfigured } from '../platform/errors.ts';
import { lazy } from '../platform/lazy.ts';
import { oneRecipient, transportOptions } from './smtp.ts';

export interface Mail {
  /** Exactly one email address. */
  to: string;
  subject: string;
  /** Plain text. */
  text: string;
}

export interface Mailer {
  /**
   * Queues a mail and returns at once. After three failed deliveries, or with 1,000 mails queued, it is dropped with a
   * warning. The caller gets no error: a response that depended on delivery would reveal which email addresses have
   * accounts.
   */
  send(mail: Mail): void;
  /**
   * To be called by requests whose only effect is a mail.
   * @throws AppError MAIL_NOT_CONFIGURED in production without SMTP_URL
   */
  requireDelivery(): void;
  /** Accepts no more mail, and waits at most 2 s for deliveries. */
  close(): Promise<void>;
}

type Deliver = (mail: Mail) => Promise<unknown>;

const maxConcurrent = 4;
const maxQueued = 1_000;
const retryDelaysMs = [1_000, 5_000];
const closeTimeoutMs = 2_000;

export function createMailer({ mail: { smtp, from }, production }: Config, log: Logger): Mailer {
  if (smtp !== null) return createSmtpMailer(smtpTransport(smtp, from), log);
  if (!production) return createLogMailer(log);
  log.warn(
    'SMTP_URL is not set: no mail is sent; links for a new password come from `npm run admin` or /api/v1/admin',
  );
  return createDisabledMailer(log);
}

/** For production without SMTP_URL. */
const createDisabledMailer = (log: Logger): Mailer => ({
  send: () => undefined,
  requireDelivery() {
    log.warn('a mail was asked for, and none can be sent: SMTP_URL is not set');
    throw mailNotConfigured();
  },
  close: async () => undefined,
});

/** For development: logs the mail. */
function createLogMailer(log: Logger): Mailer {
  return {
    send: (mail) => log.info({ mail }, 'mail'),
    requireDelivery: () => undefined,
    close: async () => undefined,
  };
}

function smtpTransport(smtp: SmtpSettings, from: string): Deliver {
  const transport = lazy(async () => {
    const { default: nodemailer } = await import('nodemailer');
    return nodemailer.createTransport(transportOptions(smtp));
  });
  return async ({ to, subject, text }) =>
    (await transport()).sendMail({ from, to: oneRecipient(to), subject, text });
}

function createSmtpMailer(deliver: Deliver, log: Logger): Mailer {
  const limiter = createConcurrencyLimiter(maxConcurrent, maxQueued);
  const pending = new Set<Promise<void>>();
  const closing = new AbortController();
  return {
    requireDelivery: () => undefined,
    send(mail) {
      if (closing.signal.aborted) return;
      const delivery = limiter(() => deliverWithRetries(deliver, mail, closing.signal))
        .catch((error) => log.warn(describeError(error), 'a mail could not be delivered'))
        .finally(() => pending.delete(delivery));
      pending.add(delivery);
    },
    async close() {
      closing.abort();
      const timer = new AbortController();
      await Promise.race([
        Promise.all(pending),
        sleep(closeTimeoutMs, undefined, { signal: timer.signal }).catch(() => undefined),
      ]);
      timer.abort();
      if (pending.size > 0) log.warn({ count: pending.size }, 'stopped with mail that was not delivered');
    },
  };
}

async function deliverWithRetries(deliver: Deliver, mail: Mail, stop: AbortSignal): Promise<void> {
  for (const delayMs of retryDelaysMs) {
    try {
      await deliver(mail);
      return;
    } catch (error) {
      if (isPermanentFailure(error) || stop.aborted) throw error;
    }
    await sleep(delayMs, undefined, { signal: stop }).catch(() => undefined);
  }
  await deliver(mail);
}

/** A 5xx reply (RFC 5321 §4.2.1): a retry would be refused as well. */
function isPermanentFailure(error: unknown): boolean {
  if (!(error instanceof Error) || !('responseCode' in error)) return false;
  return typeof error.responseCode === 'number' && error.responseCode >= 500;
}

/** For the log. Leaves out the server's text, which often contains the address. */
function describeError(error: unknown) {
  if (!(error instanceof Error)) return {};
  return {
    code: 'code' in error ? error.code : undefined,
    response_code: 'responseCode' in error ? error.responseCode : undefined,
  };
}
