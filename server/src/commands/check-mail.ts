import { isEmailAddress } from '../accounts/email-address.ts';
import type { Config } from '../config/config.ts';
import { sendTestMail } from '../mail/check.ts';
import { StartError } from '../platform/errors.ts';
import { printLine } from './print.ts';

/**
 * `check-mail ADDRESS`: sends a mail and prints the answer of the mail server.
 * @throws StartError if no mail can be sent, or the server refuses this one
 */
export async function checkMail({ mail: { smtp, from } }: Config, [address = '']: string[]): Promise<void> {
  if (!isEmailAddress(address))
    throw new StartError(`check-mail: got ${JSON.stringify(address)}, wants an email address`);
  if (smtp === null) throw new StartError('SMTP_URL: got nothing, wants the server that sends mail');
  const { isAccepted, answer } = await sendTestMail(smtp, from, address);
  if (!isAccepted) throw new StartError(`check-mail: ${smtp.host}:${smtp.port} refused: ${answer}`);
  printLine(`${smtp.host}:${smtp.port} accepted: ${answer}`);
}
