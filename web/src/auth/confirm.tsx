import { createDuly } from '@duly/client';
import { useState } from 'react';
import { useI18n } from '../i18n/i18n.tsx';
import { Link } from '../routing/router.tsx';
import { verifyEmail } from '../session/auth-api.ts';
import { AuthFrame } from './auth-frame.tsx';
import { FormError, SubmitButton } from './form-parts.tsx';
import { useSubmit } from './use-submit.ts';

/**
 * Where the link of a mail leads that confirms an address: its fragment has a token, of the account's own address
 * (`verify`) or of a new one (`change`). It waits for a click, so that a program that opens links confirms nothing.
 */
export function Confirm() {
  const { t } = useI18n();
  const [link] = useState(() => new URLSearchParams(window.location.hash.slice(1)));
  const [isDone, setDone] = useState(false);
  const [verify, change] = [link.get('verify'), link.get('change')];
  const isComplete = verify !== null || change !== null;
  const { onSubmit, isBusy, error } = useSubmit(async () => {
    if (verify !== null) await verifyEmail(verify);
    else await createDuly({ url: window.location.origin }).auth.confirmEmailChange({ token: change ?? '' });
    History.prototype.replaceState.call(window.history, null, '', '/confirm');
    setDone(true);
  });
  if (isDone)
    return (
      <AuthFrame title={t('address.doneTitle')} intro={t('address.done')}>
        <Link href="/today" className="button button-primary button-wide">
          {t('address.toTasks')}
        </Link>
      </AuthFrame>
    );
  return (
    <AuthFrame title={t('address.title')} intro={t('address.intro')}>
      <form className="form" onSubmit={onSubmit}>
        <FormError>{isComplete ? error : t('error.link')}</FormError>
        <SubmitButton isBusy={isBusy || !isComplete}>{t('address.submit')}</SubmitButton>
      </form>
    </AuthFrame>
  );
}
