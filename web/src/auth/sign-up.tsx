import { useState } from 'react';
import { useI18n } from '../i18n/i18n.tsx';
import { browserZone } from '../model/days.ts';
import { Link, navigate } from '../routing/router.tsx';
import { signUp } from '../session/auth-api.ts';
import { useSessionContext } from '../session/session.tsx';
import { firstProfileKey } from '../session/user.ts';
import { Field, PasswordField } from '../ui/field.tsx';
import { AuthFrame } from './auth-frame.tsx';
import { FormError, SubmitButton } from './form-parts.tsx';
import { textOf, useSubmit } from './use-submit.ts';

export function SignUp() {
  const { t, locale } = useI18n();
  const { enter } = useSessionContext();
  const [link] = useState(() => new URLSearchParams(window.location.hash.slice(1)));
  const invitation = link.get('invitation');
  const { onSubmit, isBusy, error } = useSubmit(async (data) => {
    const user = await signUp({
      firstName: textOf(data, 'name').trim(),
      lastName: '',
      email: textOf(data, 'email'),
      password: textOf(data, 'password'),
      ...(invitation !== null && { invitation }),
    });
    localStorage.setItem(firstProfileKey, JSON.stringify({ time_zone: browserZone(), locale }));
    await enter(user);
    navigate('/today', { replace: true });
  });
  return (
    <AuthFrame title={t('signUp.title')} intro={t('signUp.intro')}>
      <form className="form" onSubmit={onSubmit}>
        <Field label={t('signUp.name')} name="name" autoComplete="name" maxLength={100} />
        <Field
          label={t('email')}
          name="email"
          type="email"
          autoComplete="username"
          required
          defaultValue={link.get('email') ?? ''}
          readOnly={invitation !== null}
        />
        <PasswordField
          label={t('password')}
          name="password"
          autoComplete="new-password"
          required
          minLength={8}
          hint={t('password.rule')}
        />
        <FormError>{error}</FormError>
        <SubmitButton isBusy={isBusy}>{t('signUp.submit')}</SubmitButton>
        <p className="form-links">
          <Link href="/sign-in">{t('signUp.toSignIn')}</Link>
        </p>
      </form>
    </AuthFrame>
  );
}
