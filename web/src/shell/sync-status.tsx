import { useSyncExternalStore } from 'react';
import { useI18n } from '../i18n/i18n.tsx';
import { connection } from '../model/connection.ts';
import { useStore } from '../model/store.ts';
import { useSession } from '../session/session.tsx';
import { Icon } from '../ui/icon.tsx';

function subscribeOnline(listener: () => void): () => void {
  window.addEventListener('online', listener);
  window.addEventListener('offline', listener);
  return () => {
    window.removeEventListener('online', listener);
    window.removeEventListener('offline', listener);
  };
}

const isOnline = () => navigator.onLine;

/** How many changes the server has not answered yet. */
export function usePending(): number {
  const { offline } = useSession();
  return useSyncExternalStore(offline.subscribe, offline.pending, offline.pending);
}

export function useIsOffline(): boolean {
  const online = useSyncExternalStore(subscribeOnline, isOnline, isOnline);
  return useStore(connection).isDown || !online;
}

/** Whether everything that is shown here is on the server too. */
export function SyncStatus() {
  const { t } = useI18n();
  const pending = usePending();
  const isOffline = useIsOffline();
  const text =
    pending > 0 ? t('sync.pending', { count: pending }) : isOffline ? t('sync.offline') : t('sync.done');
  return (
    <p className={isOffline ? 'sync sync-offline' : 'sync'} role="status">
      <Icon name={isOffline ? 'cloudOff' : 'cloud'} size={18} />
      <span>
        {isOffline && pending > 0 && `${t('sync.offline')} · `}
        {text}
      </span>
    </p>
  );
}
