import { createStore } from '../model/store.ts';

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
