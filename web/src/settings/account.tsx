import { useOffline } from '@duly/client/react';
import { useState } from 'react';
import { FormError } from '../auth/form-parts.tsx';
import { textOf, useSubmit } from '../auth/use-submit.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { useSession, useSessionContext } from '../session/session.tsx';
import { announce } from '../ui/announce.ts';
import { confirm } from '../ui/ask.ts';
import { Field, PasswordField } from '../ui/field.tsx';
import { SecondFactor } from './second-factor.tsx';
import { Section } from './section.tsx';

export function Account() {
  return (
    <>
      <EmailForm />
      <PasswordForm />
      <SecondFactor />
      <DeleteAccount />
    </>
  );
}

function EmailForm() {
  const { t } = useI18n();
  const { duly, offline } = useSession();
  const profile = useOffline(offline, ({ profiles }) => profiles.all()[0]);
  const { onSubmit, isBusy, error } = useSubmit(async (data) => {
    await duly.profile.changeEmail({ email: textOf(data, 'email'), password: textOf(data, 'password') });
    announce(t('settings.emailSent'));
  });
  const verify = useSubmit(async () => {
    await duly.profile.verifyEmail();
    announce(t('settings.emailSent'));
  });
  return (
    <Section title={t('email')} text={t('settings.emailText', { email: profile?.email ?? '' })}>
      {profile?.email_verified === false && (
        <form onSubmit={verify.onSubmit} className="form">
          <p className="notice">{t('settings.emailUnverified')}</p>
          <FormError>{verify.error}</FormError>
          <div className="dialog-actions">
            <button type="submit" className="button" disabled={verify.isBusy}>
              {t('settings.sendVerification')}
            </button>
          </div>
        </form>
      )}
      <form className="form" onSubmit={onSubmit}>
        <div className="form-grid">
          <Field label={t('settings.newEmail')} name="email" type="email" required autoComplete="email" />
          <PasswordField label={t('password')} name="password" required autoComplete="current-password" />
        </div>
        <FormError>{error}</FormError>
        <div className="dialog-actions">
          <button type="submit" className="button" disabled={isBusy}>
            {t('settings.changeEmail')}
          </button>
        </div>
      </form>
    </Section>
  );
}

function PasswordForm() {
  const { t } = useI18n();
  const { duly } = useSession();
  const [round, setRound] = useState(0);
  const { onSubmit, isBusy, error } = useSubmit(async (data) => {
    await duly.profile.changePassword({
      current_password: textOf(data, 'current'),
      new_password: textOf(data, 'next'),
    });
    setRound(round + 1);
    announce(t('settings.passwordChanged'));
  });
  return (
    <Section title={t('password')} text={t('settings.passwordText')}>
      <form className="form" onSubmit={onSubmit} key={round}>
        <div className="form-grid">
          <PasswordField
            label={t('settings.currentPassword')}
            name="current"
            required
            autoComplete="current-password"
          />
          <PasswordField
            label={t('reset.password')}
            name="next"
            required
            minLength={8}
            autoComplete="new-password"
          />
        </div>
        <FormError>{error}</FormError>
        <div className="dialog-actions">
          <button type="submit" className="button" disabled={isBusy}>
            {t('settings.changePassword')}
          </button>
        </div>
      </form>
    </Section>
  );
}

function DeleteAccount() {
  const { t } = useI18n();
  const { duly } = useSession();
  const { signOut } = useSessionContext();
  const { onSubmit, isBusy, error } = useSubmit(async (data) => {
    if (!(await confirm('account'))) return;
    await duly.profile.erase({ password: textOf(data, 'password') });
    await signOut();
  });
  return (
    <Section title={t('settings.delete')} text={t('settings.deleteText')}>
      <form className="form" onSubmit={onSubmit}>
        <PasswordField label={t('password')} name="password" required autoComplete="current-password" />
        <FormError>{error}</FormError>
        <div className="dialog-actions">
          <button type="submit" className="button button-danger" disabled={isBusy}>
            {t('settings.delete')}
          </button>
        </div>
      </form>
    </Section>
  );
}
