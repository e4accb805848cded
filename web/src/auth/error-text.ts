import { DulyError } from '@duly/client';
import type { MessageKey } from '../i18n/i18n.tsx';
import { useI18n } from '../i18n/i18n.tsx';
import { AuthError } from '../session/session-api.ts';

/** By the code of Duly or of Better Auth, or by the status of HTTP. */
const messages: Partial<Record<string, MessageKey>> = {
  INVALID_EMAIL_OR_PASSWORD: 'error.credentials',
  INVALID_CREDENTIALS: 'error.password',
  INVALID_PASSWORD: 'error.password',
  INVALID_EMAIL: 'error.email',
  USER_ALREADY_EXISTS: 'error.emailTaken',
  USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL: 'error.emailTaken',
  EMAIL_TAKEN: 'error.emailTaken',
  PASSWORD_TOO_SHORT: 'error.passwordShort',
  PASSWORD_TOO_LONG: 'error.passwordLong',
  PASSWORD_TOO_COMMON: 'error.passwordCommon',
  INVALID_CODE: 'error.code',
  INVALID_TWO_FACTOR_COOKIE: 'error.codeExpired',
  INVALID_BACKUP_CODE: 'error.code',
  REGISTRATION_CLOSED: 'error.registrationClosed',
  INVITATION_REQUIRED: 'error.invitation',
  INVALID_TOKEN: 'error.link',
  TOKEN_EXPIRED: 'error.link',
  MAIL_NOT_CONFIGURED: 'error.noMail',
  RATE_LIMITED: 'error.rate',
  ACCOUNT_TEMPORARILY_LOCKED: 'error.rate',
  TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE: 'error.rate',
  NETWORK_ERROR: 'error.network',
  UNAUTHORIZED: 'error.session',
  SESSION_EXPIRED: 'error.session',
  SESSION_NOT_FRESH: 'error.session',
  FORBIDDEN: 'error.forbidden',
  BANNED_USER: 'error.banned',
  FEATURE_DISABLED: 'error.feature',
  NOT_FOUND: 'error.gone',
  PAYLOAD_TOO_LARGE: 'error.large',
  SERVICE_LOCKED: 'error.locked',
  SERVICE_UNAVAILABLE: 'error.busy',
  REQUEST_TIMEOUT: 'error.busy',
  UNEXPECTED_RESPONSE: 'error.busy',
  502: 'error.busy',
  503: 'error.busy',
  504: 'error.busy',
};

type Issue = DulyError['issues'][number];

/** What a field is called on the page. */
const labels: Partial<Record<string, MessageKey>> = {
  name: 'name',
  title: 'task.title',
  description: 'task.notes',
  first_name: 'settings.firstName',
  last_name: 'settings.lastName',
  tags: 'tag.label',
  due_date: 'due.label',
  due_time: 'due.time',
  recurrence: 'repeat.label',
  project_id: 'project.label',
};

const passwordRules: Partial<Record<string, MessageKey>> = {
  format: 'error.passwordCommon',
  minLength: 'error.passwordShort',
  maxLength: 'error.passwordLong',
};

/** The server's own words are half a sentence: "must be an email address". */
function messageOf({ loc, type }: Issue): MessageKey {
  const field = String(loc[1] ?? '');
  if (field.endsWith('password')) return passwordRules[type] ?? 'error.password';
  if (field === 'email') return 'error.email';
  if (field === 'time_zone') return 'error.zone';
  if (type === 'import') return 'error.file';
  if (labels[field] === undefined) return 'error.other';
  if (type === 'maxLength') return 'error.tooLong';
  return type === 'minLength' || type === 'required' ? 'error.missing' : 'error.field';
}

/** What an error means to the person who sees it, in whole sentences of the language of the page. */
export function useErrorText(): (error: unknown) => string {
  const { t } = useI18n();
  const say = (issue: Issue) => {
    const label = labels[String(issue.loc[1])];
    return t(messageOf(issue), { field: label === undefined ? '' : t(label), detail: issue.msg });
  };
  return (error) => {
    if (!(error instanceof AuthError || error instanceof DulyError)) return t('error.unknown');
    if (error instanceof DulyError && error.issues.length > 0)
      return [...new Set(error.issues.map(say))].join(' ');
    const message = messages[error.code] ?? (error.status >= 500 ? 'error.unknown' : 'error.other');
    return t(message, { detail: error instanceof DulyError ? error.detail : error.message });
  };
}
