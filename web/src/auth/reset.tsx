import { createDuly } from '@duly/client';
import { useState } from 'react';
import { useI18n } from '../i18n/i18n.tsx';
import { Link } from '../routing/router.tsx';
import { Field, PasswordField } from '../ui/field.tsx';
import { AuthFrame } from './auth-frame.tsx';
import { FormError, SubmitButton } from './form-parts.tsx';
import { textOf, useSubmit } from './use-submit.ts';

const duly = () => createDuly({ url: window.location.origin });

/** Asks for a link by mail. */
export function Forgot() {
  const { t } = useI18n();
  const [isSent, setSent] = useState(false);
  const { onSubmit, isBusy, error } = useSubmit(async (data) => {
    await duly().auth.requestPasswordReset({ email: textOf(data, 'email') });
    setSent(true);
  });
  return (
    <AuthFrame title={t('forgot.title')} intro={t('forgot.intro')}>
      {isSent ? (
        <p role="status" className="notice">
          {t('forgot.sent')}
        </p>
      ) : (
        <form className="form" onSubmit={onSubmit}>
          <Field label={t('email')} name="email" type="email" autoComplete="username" required />
          <FormError>{error}</FormError>
          <SubmitButton isBusy={isBusy}>{t('forgot.submit')}</SubmitButton>
        </form>
      )}
      <p className="form-links">
        <Link href="/sign-in">{t('signUp.toSignIn')}</Link>
      </p>
    </AuthFrame>
  );
}

/** Where the link of such a mail leads: its fragment has the token and the email address. */
export function Reset() {
  const { t } = useI18n();
  const [link] = useState(() => new URLSearchParams(window.location.hash.slice(1)));
  const [isDone, setDone] = useState(false);
  const token = link.get('token');
  const { onSubmit, isBusy, error } = useSubmit(async (data) => {
    await duly().auth.confirmPasswordReset({ token: token ?? '', new_password: textOf(data, 'password') });
    // Used up: nothing of it has to stay in the history.
    History.prototype.replaceState.call(window.history, null, '', '/reset');
    setDone(true);
  });
  if (isDone)
    return (
      <AuthFrame title={t('reset.doneTitle')} intro={t('reset.done')}>
        <Link href="/sign-in" className="button button-primary button-wide">
          {t('signIn.submit')}
        </Link>
      </AuthFrame>
    );
  return (
    <AuthFrame title={t('reset.title')}>
      <form className="form" onSubmit={onSubmit}>
        <input
          type="text"
          hidden
          name="email"
          autoComplete="username"
          readOnly
          value={link.get('email') ?? ''}
        />
        <PasswordField
          label={t('reset.password')}
          name="password"
          autoComplete="new-password"
          required
          minLength={8}
          hint={t('password.rule')}
        />
        <FormError>{token === null ? t('error.link') : error}</FormError>
        <SubmitButton isBusy={isBusy || token === null}>{t('reset.submit')}</SubmitButton>
      </form>
    </AuthFrame>
  );
}
