import { useOffline } from '@duly/client/react';
import { useSyncExternalStore } from 'react';
import { useSession } from '../session/session.tsx';
import { browserZone, nowIn } from './days.ts';

/** How often the clock is looked at. */
const tickMs = 20_000;

function subscribe(listener: () => void): () => void {
  const timer = setInterval(listener, tickMs);
  window.addEventListener('focus', listener);
  return () => {
    clearInterval(timer);
    window.removeEventListener('focus', listener);
  };
}

/** The zone of the profile, which decides what is due today; that of the browser until the profile is there. */
export function useZone(): string {
  const { offline } = useSession();
  return useOffline(offline, ({ profiles }) => profiles.all()[0]?.time_zone ?? browserZone());
}

/** The day in the user's zone. Components are rendered again at midnight. */
export function useToday(): string {
  const zone = useZone();
  const get = () => nowIn(zone).day;
  return useSyncExternalStore(subscribe, get, get);
}

/** The instant of the current minute, as text that compares with `due_at`. */
export function useMinute(): string {
  const get = () => `${new Date().toISOString().slice(0, 17)}00.000Z`;
  return useSyncExternalStore(subscribe, get, get);
}
