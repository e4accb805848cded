import { useOffline } from '@duly/client/react';
import { useCallback, useEffect, useState } from 'react';
import { useErrorText } from '../auth/error-text.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { useSession } from '../session/session.tsx';
import { announce } from '../ui/announce.ts';
import { Switch } from '../ui/switch.tsx';
import { type PushState, readPushState, testPush, turnPushOff, turnPushOn } from './push.ts';
import { Section } from './section.tsx';

/** Reminders on this device, by Web Push. */
export function Notifications() {
  const { t } = useI18n();
  const { duly, offline } = useSession();
  const errorText = useErrorText();
  const [state, setState] = useState<PushState | null>(null);
  const [isBusy, setBusy] = useState(false);
  // A channel may be switched off elsewhere.
  const channels = useOffline(offline, (all) => all.channels.all());
  const read = useCallback(async () => setState(await readPushState(offline)), [offline]);
  useEffect(() => {
    void channels;
    void read();
  }, [read, channels]);
  const attempt = async (run: () => Promise<void>) => {
    setBusy(true);
    try {
      await run();
    } catch (error) {
      const isOfBrowser = error instanceof DOMException;
      announce(isOfBrowser ? t('push.refused') : errorText(error), { tone: 'error' });
    }
    await read();
    setBusy(false);
  };
  if (state === null) return <span className="skeleton skeleton-row" />;
  const isOn = state === 'on';
  const canSwitch = state !== 'unsupported' && state !== 'denied';
  const test = async () => announce((await testPush(duly)) ? t('push.tested') : t('push.testFailed'));
  return (
    <Section title={t('push.title')} text={t('push.text')}>
      <Switch
        label={t('push.switch')}
        note={t(`push.${state}`)}
        isOn={isOn}
        isDisabled={!canSwitch || isBusy}
        onChange={(next) => void attempt(() => (next ? turnPushOn : turnPushOff)(duly, offline))}
      />
      {isOn && (
        <div className="button-row">
          <button type="button" className="button" disabled={isBusy} onClick={() => void attempt(test)}>
            {t('push.test')}
          </button>
        </div>
      )}
    </Section>
  );
}
