import { useErrorText } from '../auth/error-text.ts';
import { FormError } from '../auth/form-parts.tsx';
import { useLoad } from '../auth/use-load.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { useSession } from '../session/session.tsx';
import { Section } from '../settings/section.tsx';
import { announce } from '../ui/announce.ts';
import { confirm } from '../ui/ask.ts';

/** The service lock: everybody else gets a 503 while it is set. */
export function ServiceLock() {
  const { t, instant } = useI18n();
  const { duly } = useSession();
  const errorText = useErrorText();
  const { value, error, reload } = useLoad(() => duly.admin.getLock(), [duly]);
  const isLocked = value?.locked_at != null;
  const change = async () => {
    if (!isLocked && !(await confirm('lock'))) return;
    try {
      await (isLocked ? duly.admin.unlock() : duly.admin.lock());
      await reload();
    } catch (failure) {
      announce(errorText(failure), { tone: 'error' });
    }
  };
  return (
    <Section title={t('admin.lock')} text={t('admin.lockText')}>
      <FormError>{error}</FormError>
      {value !== null && (
        <div className="button-row">
          <p>
            {value.locked_at === null
              ? t('admin.unlocked')
              : t('admin.locked', { date: instant(value.locked_at) })}
          </p>
          <button
            type="button"
            className={isLocked ? 'button button-primary' : 'button button-danger'}
            onClick={() => void change()}
          >
            {isLocked ? t('admin.unlock') : t('admin.lockNow')}
          </button>
        </div>
      )}
    </Section>
  );
}
