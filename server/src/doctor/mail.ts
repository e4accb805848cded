import type { Config } from '../config/config.ts';
import { greetMailServer } from '../mail/check.ts';
import { type Finding, ok, problem, reasonOf, warning } from './finding.ts';

export async function checkMailServer({ mail: { smtp }, production }: Config): Promise<Finding> {
  if (smtp === null && production)
    return warning(
      'mail',
      'none can be sent',
      'set SMTP_URL and MAIL_FROM, then run: npm run check-mail -- ADDRESS',
    );
  if (smtp === null) return ok('mail', 'in development it is written to the log');
  const server = `${smtp.host}:${smtp.port}`;
  try {
    await greetMailServer(smtp);
    return ok('mail', `${server} answers; npm run check-mail -- ADDRESS sends a mail`);
  } catch (error) {
    return problem('mail', `${server}: ${reasonOf(error)}`, 'mend SMTP_URL, or start the mail server');
  }
}
