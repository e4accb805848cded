import { useEffect } from 'react';
import { navigate, useParam } from '../routing/router.tsx';
import { useSession } from '../session/session.tsx';
import { firstProfileKey } from '../session/user.ts';
import { panel } from './panels.ts';

/**
 * Opens the task that a reminder was for. Sends zone and language of the browser that somebody has signed up with:
 * they decide what is due today.
 */
export function useFirstStart(): void {
  const { duly, offline } = useSession();
  const reminded = useParam('open');
  useEffect(() => {
    if (reminded !== null) void import('./open-task.ts').then((tasks) => tasks.openTask(offline, reminded));
  }, [offline, reminded]);
  useEffect(() => {
    const text = localStorage.getItem(firstProfileKey);
    if (text !== null)
      void duly.profile.update(JSON.parse(text)).then(
        () => localStorage.removeItem(firstProfileKey),
        () => undefined,
      );
    if (window.location.pathname === '/new') {
      navigate('/today', { replace: true });
      panel.set({ name: 'quick-add', fields: {} });
    }
  }, [duly]);
}
