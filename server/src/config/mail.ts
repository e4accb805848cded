import {
  type Env,
  hasCredentials,
  isHttp,
  parseUrl,
  readGroup,
  redacted,
  refuseSetting,
  textSetting,
} from './values.ts';

export interface SmtpSettings {
  readonly host: string;
  readonly port: number;
  /** Implicit TLS (RFC 8314 §3.3). Otherwise STARTTLS, which is required if there is a password. */
  readonly secure: boolean;
  readonly user: string;
  readonly password: string;
}

export interface MailSettings {
  /** Null: mail is logged in development and not sent in production. */
  readonly smtp: SmtpSettings | null;
  readonly from: string;
  /** The front end's page for a new password. `token` is added to its query. Null: this server's page. */
  readonly passwordResetUrl: string | null;
}

const sender = /^(?:[^<>@,;:"\\\r\n]* <[^\s<>@,;]+@[^\s<>@,;]+>|[^\s<>@,;]+@[^\s<>@,;]+)$/;

export function mailSettings(env: Env): MailSettings {
  return readGroup<MailSettings>({
    smtp: () => smtpSettings(env),
    from: () => from(env, textSetting(env, 'SMTP_URL') !== null),
    passwordResetUrl: () => passwordResetUrl(env),
  });
}

function smtpSettings(env: Env): SmtpSettings | null {
  const value = textSetting(env, 'SMTP_URL');
  if (value === null) return null;
  const wants = 'smtp://host:port or smtps://user:password@host:port';
  const url = parseUrl(value);
  if (url === null) return refuseSetting('SMTP_URL', 'something that is not a URL', wants);
  if (url.protocol !== 'smtp:' && url.protocol !== 'smtps:')
    return refuseSetting('SMTP_URL', `the scheme ${JSON.stringify(url.protocol)}`, wants);
  if (url.hostname === '') return refuseSetting('SMTP_URL', 'no host', wants);
  if (!['', '/'].includes(url.pathname) || url.search !== '' || url.hash !== '')
    return refuseSetting('SMTP_URL', 'more than a host and a port', wants);
  const secure = url.protocol === 'smtps:';
  try {
    return Object.freeze({
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port === '' ? (secure ? 465 : 587) : Number(url.port),
      secure,
      user: decodeURIComponent(url.username),
      password: decodeURIComponent(url.password),
    });
  } catch {
    return refuseSetting(
      'SMTP_URL',
      'a user or password with a stray %',
      'percent-encoding, % itself as %25',
    );
  }
}

function from(env: Env, isSending: boolean): string {
  const value = textSetting(env, 'MAIL_FROM');
  const wants = 'the address mail comes from, such as Duly <no-reply@example.com>';
  if (value === null)
    return isSending ? refuseSetting('MAIL_FROM', 'nothing beside SMTP_URL', wants) : 'no-reply@localhost';
  return value.length <= 320 && sender.test(value)
    ? value
    : refuseSetting('MAIL_FROM', JSON.stringify(value), wants);
}

function passwordResetUrl(env: Env): string | null {
  const value = textSetting(env, 'PASSWORD_RESET_URL');
  if (value === null) return null;
  const url = parseUrl(value);
  if (url !== null && isHttp(url) && url.hash === '' && !hasCredentials(url)) return url.href;
  return refuseSetting(
    'PASSWORD_RESET_URL',
    redacted(value),
    'a page of the front end such as https://app.example.com/reset-password',
  );
}
