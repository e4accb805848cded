import { useOffline } from '@duly/client/react';
import { useCallback, useEffect, useState } from 'react';
import { useI18n } from '../i18n/i18n.tsx';
import { useSession } from '../session/session.tsx';
import { announce } from '../ui/announce.ts';
import { EmptyPicture } from '../ui/empty-picture.tsx';
import { Icon, type IconName } from '../ui/icon.tsx';
import { EmptyTrash } from './empty-trash.tsx';
import { type Kind, refreshTrash, restoreItem, type TrashItem, trashItems } from './trash-items.ts';

/** What was deleted. Without a network: as far as this device knows. */
export function Trash() {
  const { t } = useI18n();
  const session = useSession();
  const { offline } = session;
  const known = useOffline(offline, trashItems);
  const [state, setState] = useState<'loading' | 'complete' | 'partial'>('loading');
  const load = useCallback(async () => {
    try {
      await refreshTrash(session);
      setState('complete');
    } catch {
      setState('partial');
    }
  }, [session]);
  useEffect(() => {
    document.title = `${t('nav.trash')} · Duly`;
  }, [t]);
  useEffect(() => {
    void load();
  }, [load]);

  const restore = async (item: TrashItem) => {
    await restoreItem(offline, item);
    announce(t('toast.restored', { title: item.title }));
  };
  return (
    <div className="page">
      <header className="page-header">
        <div>
          <h1>{t('nav.trash')}</h1>
          <p className="page-sub">{t('trash.rule')}</p>
        </div>
        {known.some(({ kind }) => kind === 'tasks') && <EmptyTrash onEmpty={() => void load()} />}
      </header>
      {state === 'partial' && (
        <p className="notice" role="status">
          {t('trash.partial')}{' '}
          <button type="button" className="link-button" onClick={() => void load()}>
            {t('retry')}
          </button>
        </p>
      )}
      {known.length > 0 ? (
        <ul className="plain-list">
          {known.map((item) => (
            <TrashRow
              key={`${item.kind} ${offline[item.kind].keyOf(item.id)}`}
              item={item}
              onRestore={() => void restore(item)}
            />
          ))}
        </ul>
      ) : (
        <NoItems isLoading={state === 'loading'} />
      )}
    </div>
  );
}

function NoItems({ isLoading }: { isLoading: boolean }) {
  const { t } = useI18n();
  if (isLoading) return [62, 48, 71].map((width) => <span key={width} className="skeleton skeleton-row" />);
  return (
    <div className="empty">
      <EmptyPicture />
      <h2>{t('empty.trash')}</h2>
      <p>{t('empty.trashText')}</p>
    </div>
  );
}

const icons: Record<Kind, IconName> = {
  tasks: 'circle',
  projects: 'folder',
  sections: 'note',
  views: 'filter',
};

function TrashRow({ item, onRestore }: { item: TrashItem; onRestore: () => void }) {
  const { t, instant } = useI18n();
  const facts = [t(`trash.${item.kind}`), instant(item.deletedAt), item.isWaiting ? t('sync.row') : ''];
  return (
    <li className="plain-row">
      <Icon name={icons[item.kind]} size={18} />
      <span className="plain-text">
        {item.title}
        <span className="plain-note">{facts.filter(Boolean).join(' · ')}</span>
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
