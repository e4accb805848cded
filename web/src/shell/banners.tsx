import { type ReactNode, Suspense, useState } from 'react';
import { useI18n } from '../i18n/i18n.tsx';
import { conflicts } from '../model/conflicts.ts';
import { connection } from '../model/connection.ts';
import { refusals } from '../model/refusals.ts';
import { useStore } from '../model/store.ts';
import { lazyPage } from '../ui/lazy-page.ts';
import { panel } from './panels.ts';
import { waitingVersion } from './service-worker.ts';

const SignInAgain = lazyPage(() => import('./sign-in-again.tsx').then((all) => all.SignInAgain));
const ErrorText = lazyPage(() => import('./error-text.tsx').then((all) => all.ErrorText));

/** What a person has to know or to decide, above the list. */
export function Banners() {
  const { t } = useI18n();
  const [isSigningIn, setSigningIn] = useState(false);
  const { isExpired } = useStore(connection);
  const waiting = useStore(conflicts);
  const refused = useStore(refusals);
  const version = useStore(waitingVersion);
  return (
    <div className="banners" aria-live="polite">
      {isExpired && (
        <Banner text={t('banner.expired')} action={t('signIn.submit')} onAction={() => setSigningIn(true)} />
      )}
      {waiting.length > 0 && (
        <Banner
          text={t('banner.conflicts', { count: waiting.length })}
          action={t('banner.decide')}
          onAction={() => panel.set({ name: 'conflicts' })}
        />
      )}
      {refused.length > 0 && (
        <Banner
          text={
            <>
              {t('banner.refused', { count: refused.length })}{' '}
              <Suspense>
                <ErrorText error={refused[0]?.error} />
              </Suspense>
            </>
          }
          action={t('close')}
          onAction={refusals.clear}
        />
      )}
      {version && (
        <Banner
          text={t('banner.version')}
          action={t('banner.reload')}
          onAction={() => version.postMessage('activate')}
        />
      )}
      <Suspense>{isSigningIn && isExpired && <SignInAgain onClose={() => setSigningIn(false)} />}</Suspense>
    </div>
  );
}

function Banner({ text, action, onAction }: { text: ReactNode; action: string; onAction: () => void }) {
  return (
    <div className="banner">
      <span>{text}</span>
      <button type="button" className="button button-small" onClick={onAction}>
        {action}
      </button>
    </div>
  );
}
