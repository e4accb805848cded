import type { SmtpSettings } from '../config/mail.ts';

/** Options of nodemailer. A password is only sent over TLS. */
export const transportOptions = ({ host, port, secure, user, password }: SmtpSettings) => ({
  host,
  port,
  secure,
  ...(user === '' ? {} : { auth: { user, pass: password }, requireTLS: !secure }),
  connectionTimeout: 5_000,
  greetingTimeout: 5_000,
  socketTimeout: 10_000,
  dnsTimeout: 5_000,
  disableFileAccess: true,
  disableUrlAccess: true,
});

/** An object, because nodemailer would split a string at commas into several recipients. */
export const oneRecipient = (address: string) => ({ name: '', address });
