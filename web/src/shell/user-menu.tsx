import { useOffline } from '@duly/client/react';
import { useI18n } from '../i18n/i18n.tsx';
import { navigate } from '../routing/router.tsx';
import { useSession, useSessionContext } from '../session/session.tsx';
import { confirm } from '../ui/ask.ts';
import { Menu } from '../ui/menu.tsx';
import { panel } from './panels.ts';
import { usePending } from './sync-status.tsx';

export function UserMenu() {
  const { t } = useI18n();
  const { user, offline } = useSession();
  const { signOut } = useSessionContext();
  const pending = usePending();
  const profile = useOffline(offline, ({ profiles }) => profiles.all()[0]);
  const name = profile?.first_name || user.email;
  const leave = async () => {
    // What waits is on this device only, and is deleted with the rest.
    if (pending === 0 || (await confirm('signOut', { count: pending }))) await signOut();
  };
  return (
    <Menu
      name={t('user.menu', { name })}
      className="user-button"
      label={
        <>
          <span className="avatar" data-letter={name.slice(0, 1).toUpperCase()} />
          <span className="user-name">{name}</span>
        </>
      }
      items={[
        { id: 'settings', text: t('nav.settings'), icon: 'settings', run: () => navigate('/settings') },
        {
          id: 'shortcuts',
          text: t('shortcut.help'),
          icon: 'keyboard',
          run: () => panel.set({ name: 'shortcuts' }),
        },
        ...(profile?.role === 'admin'
          ? [{ id: 'admin', text: t('nav.admin'), icon: 'shield' as const, run: () => navigate('/admin') }]
          : []),
        { id: 'leave', text: t('signOut'), icon: 'close', run: () => void leave() },
      ]}
    />
  );
}
