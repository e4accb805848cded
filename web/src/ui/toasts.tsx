import { useI18n } from '../i18n/i18n.tsx';
import { useStore } from '../model/store.ts';
import { toasts } from './announce.ts';
import { Icon } from './icon.tsx';

export function Toasts() {
  const { t } = useI18n();
  const shown = useStore(toasts);
  return (
    <div className="toasts" role="status" aria-live="polite">
      {shown.map((toast) => (
        <div key={toast.id} className={`toast toast-${toast.tone}`}>
          <span className="toast-text">{toast.text}</span>
          {toast.undo && (
            <button
              type="button"
              className="toast-button"
              onClick={() => {
                toast.undo?.();
                toasts.dismiss(toast.id);
              }}
            >
              {t('undo')}
            </button>
          )}
          <button
            type="button"
            className="toast-close"
            aria-label={t('close')}
            onClick={() => toasts.dismiss(toast.id)}
          >
            <Icon name="close" size={16} />
          </button>
        </div>
      ))}
    </div>
  );
}
