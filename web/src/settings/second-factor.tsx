import { useEffect, useState } from 'react';
import { FormError } from '../auth/form-parts.tsx';
import { textOf, useSubmit } from '../auth/use-submit.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { disableTotp, enableTotp, hasTotp, type NewTotp, verifyCode } from '../session/auth-api.ts';
import { announce } from '../ui/announce.ts';
import { Field, PasswordField } from '../ui/field.tsx';
import { QrCode } from './qr-code.tsx';
import { Section } from './section.tsx';

/** The key that an authenticator app takes, out of its `otpauth:` URL. */
const keyOf = (uri: string): string => new URL(uri).searchParams.get('secret') ?? '';

export function SecondFactor() {
  const { t } = useI18n();
  const [isOn, setOn] = useState<boolean | null>(null);
  const [made, setMade] = useState<NewTotp | null>(null);
  useEffect(() => {
    void hasTotp().then(setOn, () => undefined);
  }, []);
  const start = useSubmit(async (data) => {
    const password = textOf(data, 'password');
    if (isOn) {
      await disableTotp(password);
      setOn(false);
    } else setMade(await enableTotp(password));
  });
  const finish = useSubmit(async (data) => {
    await verifyCode(textOf(data, 'code').trim());
    setOn(true);
    setMade(null);
    announce(t('totp.on'));
  });
  if (isOn === null) return null;
  return (
    <Section title={t('signIn.codeTitle')} text={isOn ? t('totp.on') : t('totp.text')}>
      {made === null ? (
        <form className="form" onSubmit={start.onSubmit}>
          <PasswordField label={t('password')} name="password" required autoComplete="current-password" />
          <FormError>{start.error}</FormError>
          <div className="dialog-actions">
            <button type="submit" className="button" disabled={start.isBusy}>
              {isOn ? t('totp.turnOff') : t('totp.turnOn')}
            </button>
          </div>
        </form>
      ) : (
        <form className="form" onSubmit={finish.onSubmit}>
          <p>{t('totp.scan')}</p>
          <QrCode text={made.totpURI} label={t('totp.picture')} />
          <p>
            {t('totp.key')} <code className="code">{keyOf(made.totpURI)}</code>
          </p>
          <p>
            <a href={made.totpURI}>{t('totp.open')}</a>
          </p>
          <p>{t('totp.backup')}</p>
          <pre className="code">{made.backupCodes.join('\n')}</pre>
          <Field
            label={t('signIn.code')}
            name="code"
            inputMode="numeric"
            autoComplete="one-time-code"
            required
          />
          <FormError>{finish.error}</FormError>
          <div className="dialog-actions">
            <button type="submit" className="button button-primary" disabled={finish.isBusy}>
              {t('totp.confirm')}
            </button>
          </div>
        </form>
      )}
    </Section>
  );
}
