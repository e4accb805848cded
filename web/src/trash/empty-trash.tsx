import { useI18n } from '../i18n/i18n.tsx';
import { useSession } from '../session/session.tsx';
import { announce } from '../ui/announce.ts';
import { confirm } from '../ui/ask.ts';

/** Tasks only: the server removes the rest by itself. */
export function EmptyTrash({ onEmpty }: { onEmpty: () => void }) {
  const { t } = useI18n();
  const { duly, offline } = useSession();
  const empty = async () => {
    if (!(await confirm('trash'))) return;
    try {
      // With what was deleted here just now.
      await offline.sync();
      await duly.trash.empty();
      onEmpty();
      announce(t('toast.trashEmptied'));
    } catch {
      announce(t('needsNetwork'), { tone: 'error' });
    }
  };
  return (
    <button type="button" className="button button-danger" onClick={() => void empty()}>
      {t('trash.empty')}
    </button>
  );
}
