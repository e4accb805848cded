import type { Duly } from '@duly/client';
import type { Offline } from '@duly/client/offline';

/** Whether reminders are shown by this browser. */
export type PushState =
  /** The browser has no push, or keeps no service worker here, as in private windows. */
  | 'unsupported'
  /** The person, or the browser, refuses notifications of this site. */
  | 'denied'
  | 'off'
  | 'on'
  /** Subscribed, but the server sends nothing: the channel is switched off there. */
  | 'paused';

const key = 'duly.push-channel';

/** The registration of `sw.js`; null where there is none. */
async function registration(): Promise<ServiceWorkerRegistration | null> {
  if (!('serviceWorker' in navigator && 'PushManager' in window && 'Notification' in window)) return null;
  return (await navigator.serviceWorker.getRegistration()) ?? null;
}

async function subscription(): Promise<PushSubscription | null> {
  return (await (await registration())?.pushManager.getSubscription()) ?? null;
}

export async function readPushState({ channels }: Offline): Promise<PushState> {
  if ((await registration()) === null) return 'unsupported';
  if (Notification.permission === 'denied') return 'denied';
  const channel = channels.get(localStorage.getItem(key) ?? '');
  if (channel === undefined || (await subscription()) === null) return 'off';
  return channel.enabled ? 'on' : 'paused';
}

/** Browser and system in a few words, for the list of channels. */
function browserName(): string {
  const browser = /(Firefox|Edg|OPR|Chrome|Safari)\//.exec(navigator.userAgent)?.[1] ?? '';
  const names: Record<string, string> = { Edg: 'Edge', OPR: 'Opera' };
  const system = /(Windows|Mac OS X|Android|iPhone|iPad|Linux)/.exec(navigator.userAgent)?.[1] ?? '';
  return (
    [names[browser] ?? browser, system.replace('Mac OS X', 'macOS')].filter(Boolean).join(', ') || 'Browser'
  );
}

/**
 * Asks the person, subscribes, and makes the subscription a channel. The same subscription is the same channel.
 * @throws DulyError, or a DOMException of the browser's push service
 */
export async function turnPushOn(duly: Duly, offline: Offline): Promise<void> {
  // At once after the click: browsers ask for nothing later.
  if ((await Notification.requestPermission()) !== 'granted') return;
  const { public_key } = await duly.channels.pushKey();
  const manager = (await registration())?.pushManager;
  if (manager === undefined) return;
  const options = { userVisibleOnly: true, applicationServerKey: public_key };
  // One that was made for another server's key is refused.
  await (await manager.getSubscription())?.unsubscribe();
  const { endpoint, keys } = (await manager.subscribe(options)).toJSON();
  const channel = await duly.channels.create({
    type: 'push',
    name: browserName(),
    endpoint: String(endpoint),
    keys: { p256dh: String(keys?.p256dh), auth: String(keys?.auth) },
  });
  localStorage.setItem(key, channel.id);
  if (!channel.enabled) await duly.channels.update(channel.id, { enabled: true });
  await offline.sync();
}

/** This browser shows nothing any more, and the server forgets it. @throws DulyError without a network */
export async function turnPushOff(duly: Duly, offline: Offline): Promise<void> {
  const id = localStorage.getItem(key);
  if (id !== null && offline.channels.get(id) !== undefined) await duly.channels.delete(id);
  await forgetPush();
  await offline.sync();
}

/** For a sign-out: the server learns from the push service that nobody is there. */
export async function forgetPush(): Promise<void> {
  localStorage.removeItem(key);
  await (await subscription())?.unsubscribe();
}

/** @returns whether the push service took a test message */
export async function testPush(duly: Duly): Promise<boolean> {
  const { outcome } = await duly.channels.test(localStorage.getItem(key) ?? '');
  return outcome === 'sent';
}
