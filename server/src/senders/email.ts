import type { Logger } from 'pino';
import type { Config } from '../config/config.ts';
import type { SmtpSettings } from '../config/mail.ts';
import { addressOfMailbox, composeMime } from '../mail/mime.ts';
import { oneRecipient, transportOptions } from '../mail/smtp.ts';
import { lazy } from '../platform/lazy.ts';
import type { ChannelTarget, FailureClass, Message, SendResult } from './model.ts';
import { failed } from './send-result.ts';

type EmailTarget = Extract<ChannelTarget, { type: 'email' }>;

export interface EmailSender {
  send(target: EmailTarget, message: Message, signal: AbortSignal): Promise<SendResult>;
  close(): void;
}

const maxConnections = 10;
/** Servers that delay unknown senders on purpose take some seconds. */
const timeoutMs = 30_000;

export function createEmailSender({ mail: { smtp, from }, production }: Config, log: Logger): EmailSender {
  if (smtp !== null) return createSmtpSender(smtp, from);
  return {
    async send({ address }, { mail: { subject, text } }) {
      if (production) return failed('not_configured', null);
      log.info({ mail: { to: address, subject, text } }, 'mail');
      return { outcome: 'sent', status: null };
    },
    close: () => undefined,
  };
}

function createSmtpSender(smtp: SmtpSettings, from: string): EmailSender {
  let open: { close(options: { force: boolean }): void } | undefined;
  const transport = lazy(async () => {
    const { default: nodemailer } = await import('nodemailer');
    const pool = { pool: true, maxConnections, maxMessages: 1_000, maxRequeues: 1 } as const;
    const opened = nodemailer.createTransport({ ...transportOptions(smtp), ...pool });
    open = opened;
    return opened;
  });
  const sender = addressOfMailbox(from);
  const domain = sender.slice(sender.lastIndexOf('@') + 1);
  return {
    async send({ address }, { id, mail }, signal) {
      const limited = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
      try {
        const raw = composeMime({
          ...{ from, to: address, ...mail, messageId: `${id}@${domain}`, date: new Date() },
          headers: { 'Auto-Submitted': 'auto-generated', ...mail.headers },
        });
        const envelope = { from: oneRecipient(sender), to: [oneRecipient(address)] };
        const { response } = await (await transport()).sendMail({ envelope, raw, signal: limited });
        return { outcome: 'sent', status: Number.parseInt(response, 10) || null };
      } catch (error) {
        return limited.aborted ? failed('timeout', null) : toFailure(error);
      }
    },
    close: () => open?.close({ force: true }),
  };
}

const connectionClasses: Readonly<Record<string, FailureClass>> = {
  ETIMEDOUT: 'timeout',
  EDNS: 'dns',
  ETLS: 'tls',
};

/**
 * 5yz is permanent if it is about the recipient or the mail (RFC 5321 §4.2.1). About the log-in or the sender it is a
 * fault of the settings, which an operator may mend. 503 is about the order of commands.
 */
function toFailure(error: unknown): SendResult {
  const { code, command, responseCode } = smtpErrorOf(error);
  if (responseCode === null) return failed(connectionClasses[code] ?? 'connection', null);
  const isAboutMail = (code === 'EENVELOPE' && command === 'RCPT TO') || code === 'EMESSAGE';
  const isPermanent = responseCode >= 500 && responseCode !== 503 && isAboutMail;
  return { outcome: 'failed', error: 'smtp_status', status: responseCode, isPermanent };
}

function smtpErrorOf(error: unknown) {
  if (!(error instanceof Error)) return { code: '', command: '', responseCode: null };
  return {
    code: 'code' in error ? String(error.code) : '',
    command: 'command' in error ? String(error.command) : '',
    responseCode:
      'responseCode' in error && typeof error.responseCode === 'number' ? error.responseCode : null,
  };
}
