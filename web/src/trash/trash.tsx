'use client';
import { useCallback, useEffect, useState } from 'react';
import { useI18n } from '../i18n/i18n.tsx';
import { useSession } from '../session/session.tsx';
import { announce } from '../ui/announce.ts';
import { EmptyPicture } from '../ui/empty-picture.tsx';
import { Icon } from '../ui/icon.tsx';
import { EmptyTrash } from './empty-trash.tsx';
import { loadTrash, restoreItem, type TrashItem } from './trash-items.ts';

/** What was deleted. The server has it, so this page needs a network. */
export function Trash() {
  const { t } = useI18n();
  const session = useSession();
  const [items, setItems] = useState<readonly TrashItem[] | null>(null);
  const [hasFailed, setFailed] = useState(false);
  const load = useCallback(async () => {
    try {
      // What was deleted here just now has to be there.
      await session.offline.sync();
      setItems(await loadTrash(session.duly));
      setFailed(false);
    } catch {
      setFailed(true);
    }
  }, [session]);
  useEffect(() => {
    document.title = `${t('nav.trash')} · Duly`;
    void load();
  }, [load, t]);

  const restore = async (item: TrashItem) => {
    try {
      await restoreItem(session.duly, item);
      setItems((all) => all?.filter((one) => one !== item) ?? null);
      announce(t('toast.restored', { title: item.title }));
      await session.offline.sync();
    } catch {
      announce(t('toast.restoreFailed'), { tone: 'error' });
    }
  };
  return (
    <div className="page">
      <header className="page-header">
        <div>
          <h1>{t('nav.trash')}</h1>
          <p className="page-sub">{t('trash.rule')}</p>
        </div>
        {items !== null && items.length > 0 && <EmptyTrash onEmpty={() => setItems([])} />}
      </header>
      {hasFailed && (
        <p className="notice" role="alert">
          {t('needsNetwork')}{' '}
          <button type="button" className="link-button" onClick={() => void load()}>
            {t('retry')}
          </button>
        </p>
      )}
      {items === null &&
        !hasFailed &&
        [62, 48, 71].map((width) => <span key={width} className="skeleton skeleton-row" />)}
      {items?.length === 0 && (
        <div className="empty">
          <EmptyPicture />
          <h2>{t('empty.trash')}</h2>
          <p>{t('empty.trashText')}</p>
        </div>
      )}
      {items !== null && items.length > 0 && (
        <ul className="plain-list">
          {items.map((item) => (
            <TrashRow key={`${item.kind} ${item.id}`} item={item} onRestore={() => void restore(item)} />
          ))}
        </ul>
      )}
    </div>
  );
}

function TrashRow({ item, onRestore }: { item: TrashItem; onRestore: () => void }) {
  const { t, instant } = useI18n();
  return (
    <li className="plain-row">
      <Icon
        name={
          item.kind === 'task'
            ? 'circle'
            : item.kind === 'project'
              ? 'folder'
              : item.kind === 'view'
                ? 'filter'
                : 'note'
        }
        size={18}
      />
      <span className="plain-text">
        {item.title}
        <span className="plain-note">
          {t(`trash.${item.kind}`)} · {instant(item.deletedAt)}
        </span>
      </span>
      <button
        type="button"
        className="button button-small"
        aria-label={t('trash.restoreNamed', { title: item.title })}
        onClick={onRestore}
      >
        {t('trash.restore')}
      </button>
    </li>
  );
}
