import { createStore } from '../model/store.ts';
import { navigate } from '../routing/router.tsx';

/** A new version of the app that waits; null: none. */
export const waitingVersion = createStore<ServiceWorker | null>(null);

/** Has the browser store the app, and notes when there is another version of it. */
export function registerServiceWorker(): void {
  if (!('serviceWorker' in navigator) || process.env.NODE_ENV !== 'production') return;
  const hadController = navigator.serviceWorker.controller !== null;
  let isReloading = false;
  navigator.serviceWorker.addEventListener('controllerchange', () => {
    if (!hadController || isReloading) return;
    isReloading = true;
    window.location.reload();
  });
  // A click on a reminder, while a window is open.
  navigator.serviceWorker.addEventListener('message', ({ data }) => {
    if (data?.type === 'open') navigate(String(data.url));
  });
  void navigator.serviceWorker.register('/sw.js').then(
    (registration) => {
      const note = () => {
        if (registration.waiting && navigator.serviceWorker.controller)
          waitingVersion.set(registration.waiting);
      };
      note();
      registration.addEventListener('updatefound', () => {
        registration.installing?.addEventListener('statechange', note);
      });
    },
    () => undefined,
  );
}
