import { useI18n } from '../i18n/i18n.tsx';
import { announce } from '../ui/announce.ts';

/** A link for one person, which works once: to be passed on. */
export function LinkToSend({ url }: { url: string }) {
  const { t } = useI18n();
  const copy = () => navigator.clipboard.writeText(url).then(() => announce(t('toast.copied')));
  return (
    <div className="notice" role="status">
      <p>{t('admin.link')}</p>
      <p>
        <code className="code">{url}</code>
      </p>
      <button type="button" className="button button-small" onClick={() => void copy()}>
        {t('admin.copy')}
      </button>
    </div>
  );
}
