import { useState } from 'react';
import { useI18n } from '../i18n/i18n.tsx';
import { Link, navigate, useParam } from '../routing/router.tsx';
import { signIn, verifyBackupCode, verifyCode } from '../session/auth-api.ts';
import { useSessionContext } from '../session/session.tsx';
import type { User } from '../session/user.ts';
import { Field, PasswordField } from '../ui/field.tsx';
import { AuthFrame } from './auth-frame.tsx';
import { FormError, SubmitButton } from './form-parts.tsx';
import { textOf, useSubmit } from './use-submit.ts';

export function SignIn() {
  const { t } = useI18n();
  const { enter } = useSessionContext();
  const next = useParam('next');
  const [needsCode, setNeedsCode] = useState(false);
  const proceed = async (user: User) => {
    await enter(user);
    navigate(next?.startsWith('/') && !next.startsWith('//') ? next : '/today', { replace: true });
  };
  return (
    <AuthFrame title={needsCode ? t('signIn.codeTitle') : t('signIn.title')}>
      {needsCode ? (
        <CodeForm onUser={proceed} />
      ) : (
        <PasswordForm onUser={proceed} onCodeNeeded={() => setNeedsCode(true)} />
      )}
    </AuthFrame>
  );
}

interface PasswordFormProps {
  onUser: (user: User) => Promise<void>;
  onCodeNeeded: () => void;
}

/** Also signs in again where a session has ended. */
export function PasswordForm({ onUser, onCodeNeeded, email }: PasswordFormProps & { email?: string }) {
  const { t } = useI18n();
  const { onSubmit, isBusy, error } = useSubmit(async (data) => {
    const user = await signIn(textOf(data, 'email'), textOf(data, 'password'));
    if (user === null) onCodeNeeded();
    else await onUser(user);
  });
  return (
    <form className="form" onSubmit={onSubmit}>
      <Field
        label={t('email')}
        name="email"
        type="email"
        autoComplete="username"
        required
        defaultValue={email}
        readOnly={email !== undefined}
        data-autofocus={email === undefined ? true : undefined}
      />
      <PasswordField label={t('password')} name="password" autoComplete="current-password" required />
      <FormError>{error}</FormError>
      <SubmitButton isBusy={isBusy}>{t('signIn.submit')}</SubmitButton>
      {email === undefined && (
        <p className="form-links">
          <Link href="/sign-up">{t('signIn.toSignUp')}</Link>
          <Link href="/forgot">{t('signIn.toForgot')}</Link>
        </p>
      )}
    </form>
  );
}

/** The second factor: a code of an authenticator app, or one of the codes that were written down. */
export function CodeForm({ onUser }: { onUser: (user: User) => Promise<void> }) {
  const { t } = useI18n();
  const [isBackup, setBackup] = useState(false);
  const { onSubmit, isBusy, error } = useSubmit(async (data) => {
    const code = textOf(data, 'code').trim();
    await onUser(await (isBackup ? verifyBackupCode(code) : verifyCode(code)));
  });
  return (
    <form className="form" onSubmit={onSubmit}>
      <Field
        key={String(isBackup)}
        label={isBackup ? t('signIn.backupCode') : t('signIn.code')}
        name="code"
        autoComplete="one-time-code"
        inputMode={isBackup ? 'text' : 'numeric'}
        required
        autoFocus
      />
      <FormError>{error}</FormError>
      <SubmitButton isBusy={isBusy}>{t('signIn.submit')}</SubmitButton>
      <button type="button" className="link-button" onClick={() => setBackup(!isBackup)}>
        {isBackup ? t('signIn.useApp') : t('signIn.useBackup')}
      </button>
    </form>
  );
}
