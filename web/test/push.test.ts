import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Receiver, startReceiver } from '../../server/test/support/receivers.ts';
import { api, hasBrowser, saved, useWebApp } from './support/web-app.ts';

if (!hasBrowser) console.warn('skipped: push to the web app, for want of Chromium in /usr/bin');

/**
 * Stands in for the push service, which is a host of the browser's maker: subscriptions have real keys, and an endpoint
 * of the receiver.
 */
const subscribeAt = (endpoint: string) => `{
  const base64 = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  let current = null;
  PushManager.prototype.getSubscription = async () => current;
  PushManager.prototype.subscribe = async ({ applicationServerKey, userVisibleOnly }) => {
    if (!userVisibleOnly || applicationServerKey.length < 80) throw new TypeError('no key');
    const pair = await crypto.subtle.generateKey({ name: 'ECDH', namedCurve: 'P-256' }, true, ['deriveBits']);
    const keys = {
      p256dh: base64(await crypto.subtle.exportKey('raw', pair.publicKey)),
      auth: base64(crypto.getRandomValues(new Uint8Array(16))),
    };
    current = {
      toJSON: () => ({ endpoint: '${endpoint}', expirationTime: null, keys }),
      unsubscribe: async () => { current = null; return true; },
    };
    return current;
  };
}`;

/** Hands a message to the service worker, as the browser does with one of its push service. */
async function deliver(context: BrowserContext, page: Page, origin: string, message: object): Promise<void> {
  const session = await context.newCDPSession(page);
  const found = Promise.withResolvers<string>();
  session.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
    const own = registrations.find(({ scopeURL }) => scopeURL.startsWith(origin));
    if (own !== undefined) found.resolve(own.registrationId);
  });
  await session.send('ServiceWorker.enable');
  const registrationId = await found.promise;
  const data = JSON.stringify(message);
  await session.send('ServiceWorker.deliverPushMessage', { origin, registrationId, data });
}

const shown = (page: Page) =>
  page.evaluate(`navigator.serviceWorker.ready.then((registration) => registration.getNotifications())
    .then((all) => all.map(({ title, body, tag }) => ({ title, body, tag })))`);

describe.skipIf(!hasBrowser)('reminders by push', () => {
  const web = useWebApp({ ALLOW_LOOPBACK_RECEIVERS: '1' });
  let receiver: Receiver;
  beforeAll(async () => {
    receiver = await startReceiver((_request, response) => void response.writeHead(201).end());
  });
  afterAll(() => receiver?.close());

  test('are turned on for this browser, tested, shown by the service worker, and turned off', async () => {
    const { page, context } = await web().newDevice();
    await context.grantPermissions(['notifications'], { origin: web().app.url });
    await context.addInitScript(subscribeAt(`${receiver.url}/push/1`));
    await web().signUp(page);
    await page.evaluate('navigator.serviceWorker.ready');
    await page.goto(`${web().app.url}/settings/notifications`);
    const control = page.getByRole('switch', { name: 'Show reminders here' });
    await page.getByText('Off. Your browser asks').waitFor();
    await control.click();
    await page.getByText('On. Reminders are shown by this browser.').waitFor();
    expect(await control.isChecked()).toBe(true);
    const [channel] = (await api(page, 'GET', '/channels')) as { id: string; version: number }[];
    expect(channel).toMatchObject({ type: 'push', url: receiver.url, enabled: true });
    await page.getByRole('button', { name: 'Send a test' }).click();
    await page.getByText('Sent. It is shown in a moment.').waitFor();
    expect(receiver.received).toMatchObject([
      { path: '/push/1', headers: { 'content-encoding': 'aes128gcm' } },
    ]);

    const { id } = (await api(page, 'POST', '/tasks', { title: 'Call Ada' })) as { id: string };
    const message = { id: 'delivery-1', task_id: id, title: 'Call Ada', body: 'Due today at 17:00' };
    // A message may come twice, and is one notification.
    for (let copy = 0; copy < 2; copy++) await deliver(context, page, `${web().app.url}/`, message);
    await expect
      .poll(() => shown(page))
      .toEqual([{ title: 'Call Ada', body: 'Due today at 17:00', tag: 'delivery-1' }]);
    // What a click on it opens.
    await page.goto(`${web().app.url}/today?open=${id}`);
    await page.getByRole('heading', { name: 'Inbox', level: 1 }).waitFor();
    await expect.poll(() => page.getByRole('textbox', { name: 'Title' }).inputValue()).toBe('Call Ada');

    await api(page, 'PATCH', `/channels/${channel?.id}`, { enabled: false, version: channel?.version });
    await page.getByRole('button', { name: 'Done' }).click();
    await saved(page);
    await page.getByRole('button', { name: 'Account of' }).click();
    await page.getByRole('menuitem', { name: 'Settings' }).click();
    await page.getByRole('link', { name: 'Notifications' }).click();
    // The page was loaded anew, and a subscription of the stand-in lives as long as its page.
    await page.getByText('Off. Your browser asks').waitFor();
    await control.click();
    await page.getByText('On. Reminders').waitFor();
    await expect.poll(() => api(page, 'GET', '/channels')).toMatchObject([{ enabled: true }]);
    await control.click();
    await page.getByText('Off. Your browser asks').waitFor();
    await expect.poll(() => api(page, 'GET', '/channels')).toEqual([]);
    await context.close();
  });

  test('say where the browser refuses them, or has none', async () => {
    for (const [script, text] of [
      ['delete window.PushManager', 'This browser cannot show reminders here.'],
      [
        `Object.defineProperty(Notification, 'permission', { get: () => 'denied' })`,
        'Your browser blocks notifications of this site.',
      ],
    ] as const) {
      const { page, context } = await web().newDevice();
      await context.addInitScript(script);
      await web().signUp(page);
      await page.evaluate('navigator.serviceWorker.ready');
      await page.goto(`${web().app.url}/settings/notifications`);
      await page.getByText(text).waitFor();
      expect(await page.getByRole('switch').isDisabled()).toBe(true);
      await context.close();
    }
  });
});
