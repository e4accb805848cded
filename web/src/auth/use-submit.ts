'use client';
import { DulyError } from '@duly/client';
import { type FormEvent, useState } from 'react';
import type { MessageKey } from '../i18n/i18n.tsx';
import { useI18n } from '../i18n/i18n.tsx';
import { AuthError } from '../session/session-api.ts';

const messages: Record<string, MessageKey> = {
  INVALID_EMAIL_OR_PASSWORD: 'error.credentials',
  INVALID_CREDENTIALS: 'error.credentials',
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
  NETWORK_ERROR: 'error.network',
};

/** What an error means to the person who sees it. */
export function useErrorText(): (error: unknown) => string {
  const { t } = useI18n();
  return (error) => {
    const code = error instanceof AuthError || error instanceof DulyError ? error.code : '';
    const message = messages[code];
    if (message !== undefined) return t(message);
    if (error instanceof DulyError) return Object.values(error.fields).join(' ') || error.detail;
    return error instanceof Error ? error.message : t('error.unknown');
  };
}

/** Runs what a form does, once at a time, and keeps its error as text. */
export function useSubmit(run: (data: FormData) => Promise<void>) {
  const errorText = useErrorText();
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState('');
  const onSubmit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    setBusy(true);
    setError('');
    try {
      await run(data);
    } catch (failure) {
      setError(errorText(failure));
    } finally {
      setBusy(false);
    }
  };
  return { onSubmit, isBusy, error };
}

export const textOf = (data: FormData, name: string): string => String(data.get(name) ?? '');
