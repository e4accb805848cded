import type { Page } from 'playwright-core';
import decodeQR from 'qr/decode.js';
import { afterAll, describe, expect, test } from 'vitest';
import { type MailServer, startMailServer } from '../../server/test/support/mail.ts';
import { patience } from '../../server/test/support/patience.ts';
import { codeOf, secretOf } from '../../server/test/support/totp.ts';
import { expectAccessible } from './support/accessibility.ts';
import { addTask, api, confirming, hasBrowser, password, row, saved, useWebApp } from './support/web-app.ts';

if (!hasBrowser) console.warn('skipped: accounts in the web app, for want of Chromium in /usr/bin');

const newPassword = 'quiet-heron-77';

describe.skipIf(!hasBrowser)('an account in the web app', () => {
  let mail: MailServer;
  const web = useWebApp(async () => {
    mail = await startMailServer();
    return mail.settings;
  });
  afterAll(() => mail?.close());

  const open = (page: Page, link: string) => page.goto(web().app.url + link);
  const toast = (page: Page, text: string) => page.getByText(text).first().waitFor();
  const section = (page: Page, name: string) =>
    page.locator('section').filter({ has: page.getByRole('heading', { name, exact: true, level: 2 }) });

  /** The keys of all entries in the databases of the app. */
  const storedKeys = (page: Page) =>
    page.evaluate<unknown[]>(`(async () => {
      const resultOf = (request) =>
        new Promise((resolve, reject) => {
          request.onsuccess = () => resolve(request.result);
          request.onerror = () => reject(request.error);
        });
      const keys = [];
      for (const { name } of await indexedDB.databases()) {
        const database = await resultOf(indexedDB.open(name));
        for (const table of database.objectStoreNames)
          keys.push(...(await resultOf(database.transaction(table).objectStore(table).getAllKeys())));
        database.close();
      }
      return keys;
    })()`);

  /** What a QR code says on a picture of it. */
  async function readQrCode(page: Page, png: Buffer): Promise<string> {
    const pixels = await page.evaluate<{ width: number; height: number; data: number[] }>(`(async () => {
      const bytes = Uint8Array.from(atob('${png.toString('base64')}'), (byte) => byte.charCodeAt(0));
      const bitmap = await createImageBitmap(new Blob([bytes]));
      const { width, height } = bitmap;
      const context = new OffscreenCanvas(width, height).getContext('2d');
      context.drawImage(bitmap, 0, 0);
      return { width, height, data: [...context.getImageData(0, 0, width, height).data] };
    })()`);
    return decodeQR({ ...pixels, data: Uint8Array.from(pixels.data) });
  }

  async function leave(page: Page): Promise<void> {
    await page.getByRole('button', { name: 'Account of Ada' }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  }

  test('gets a new password by a mailed link, which works once', async () => {
    const { page, context } = await web().newDevice();
    await open(page, '/sign-up');
    await page.getByRole('button', { name: 'Create account' }).waitFor();
    await expectAccessible(page, 'sign-up');
    const email = await web().signUp(page);
    await leave(page);
    await page.getByLabel('Email address').fill(email);
    await page.getByLabel('Password', { exact: true }).fill('not-it-at-all');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').filter({ hasText: 'Wrong email address or password.' }).waitFor();
    await expectAccessible(page, 'a wrong password');
    await page.getByRole('link', { name: 'Forgot your password?' }).click();
    await page.getByLabel('Email address').fill(email);
    await expectAccessible(page, 'forgot');
    await page.getByRole('button', { name: 'Send the link' }).click();
    await page.getByRole('status').filter({ hasText: 'a mail with a link is on its way' }).waitFor();
    const { link } = await mail.next(email, 'Set a new password');
    await open(page, link);
    const field = page.getByLabel('New password');
    await field.fill('password123');
    await page.getByRole('button', { name: 'Set password' }).click();
    await page.getByRole('alert').filter({ hasText: 'This password is too common.' }).waitFor();
    await expectAccessible(page, 'a new password');
    await field.fill(newPassword);
    await page.getByRole('button', { name: 'Set password' }).click();
    await page.getByRole('heading', { name: 'Password set' }).waitFor();
    expect(new URL(page.url()).hash).toBe('');
    await expectAccessible(page, 'the password is set');
    await page.getByRole('link', { name: 'Sign in' }).click();
    await web().signIn(page, email, newPassword);

    const later = await context.newPage();
    await open(later, link);
    await later.getByLabel('New password').fill(newPassword);
    await later.getByRole('button', { name: 'Set password' }).click();
    await later.getByRole('alert').filter({ hasText: 'This link was used' }).waitFor();
    await context.close();
  });

  test('confirms its address, and takes another one', async () => {
    const { page, context } = await web().newDevice();
    const email = await web().signUp(page);
    await open(page, '/settings/account');
    const notice = section(page, 'Email address').getByText('not confirmed yet');
    await notice.waitFor();
    const first = await mail.next(email, 'Confirm your email address');
    await page.getByRole('button', { name: 'Send the link again' }).click();
    await toast(page, 'A mail with a link is on its way');
    await mail.next(email, 'Confirm your email address');
    await open(page, first.link);
    await expectAccessible(page, 'an address that is not confirmed');
    await page.getByRole('button', { name: 'Confirm' }).click();
    await page.getByRole('heading', { name: 'Address confirmed' }).waitFor();
    await expectAccessible(page, 'a confirmed address');
    await page.getByRole('link', { name: 'Go to your tasks' }).click();
    await page.getByRole('heading', { name: 'Today', level: 1 }).waitFor();
    await open(page, '/settings/account');
    await section(page, 'Email address').getByText(`Your address is ${email}.`).waitFor();
    await notice.waitFor({ state: 'detached' });

    const another = `lovelace.${crypto.randomUUID()}@example.com`;
    await section(page, 'Email address').getByLabel('New email address').fill(another);
    await section(page, 'Email address').getByLabel('Password', { exact: true }).fill(password);
    await page.getByRole('button', { name: 'Change address' }).click();
    const { link } = await mail.next(another, 'Confirm your new email address');
    await mail.next(email, 'Your email address is about to change');
    // In a browser in which nobody is signed in.
    const elsewhere = await web().newDevice();
    await open(elsewhere.page, link);
    await elsewhere.page.getByRole('button', { name: 'Confirm' }).click();
    await elsewhere.page.getByRole('heading', { name: 'Address confirmed' }).waitFor();
    const again = await elsewhere.context.newPage();
    await open(again, link);
    await again.getByRole('button', { name: 'Confirm' }).click();
    await again.getByRole('alert').filter({ hasText: 'This link was used' }).waitFor();
    await elsewhere.context.close();
    await section(page, 'Email address').getByText(`Your address is ${another}.`).waitFor();
    await context.close();
  });

  test('ends its other sessions, one by one and with a new password; they keep what they wrote', async () => {
    const one = await web().newDevice();
    const email = await web().signUp(one.page);
    const devices = await Promise.all([web().newDevice(), web().newDevice()]);
    for (const { page } of devices) await web().signIn(page, email);
    await open(one.page, '/settings/sessions');
    const ends = one.page.getByRole('button', { name: 'End', exact: true });
    await expect.poll(() => ends.count(), patience).toBe(2);
    await one.page.getByText('this one').waitFor();
    await expectAccessible(one.page, 'sessions');
    await ends.first().click();
    await expect.poll(() => ends.count(), patience).toBe(1);
    await one.page.getByRole('button', { name: 'End all other sessions' }).click();
    await expect.poll(() => ends.count(), patience).toBe(0);

    await open(one.page, '/settings/account');
    const form = section(one.page, 'Password');
    await form.getByLabel('Current password').fill(password);
    await form.getByLabel('New password').fill(newPassword);
    await form.getByRole('button', { name: 'Change password' }).click();
    await toast(one.page, 'Password changed');
    await mail.next(email, 'Your password was changed');
    for (const { page } of devices) {
      await page.reload();
      await addTask(page, 'written after the end');
      await page.getByText('Your session has ended').waitFor();
    }
    const [{ page } = one] = devices;
    await expectAccessible(page, 'a session that has ended');
    await page.getByRole('button', { name: 'Sign in' }).click();
    const dialog = page.getByRole('dialog', { name: 'Sign in again' });
    await dialog.getByLabel('Password', { exact: true }).fill(newPassword);
    await expectAccessible(page, 'sign in again');
    await dialog.getByRole('button', { name: 'Sign in' }).click();
    await saved(page);
    expect(await api(page, 'GET', '/tasks')).toHaveLength(1);
    for (const { context } of [one, ...devices]) await context.close();
  });

  test('has a second factor with codes for the loss of the app, and turns it off', async () => {
    const { page, context } = await web().newDevice();
    const email = await web().signUp(page);
    await open(page, '/settings/account');
    const factor = section(page, 'Second factor');
    await factor.getByLabel('Password', { exact: true }).fill(password);
    await factor.getByRole('button', { name: 'Set up' }).click();
    const uri = await factor.getByRole('link', { name: 'Open in an app' }).getAttribute('href');
    expect(await readQrCode(page, await factor.getByRole('img', { name: 'QR code' }).screenshot())).toBe(uri);
    const [backup = ''] = ((await factor.locator('pre').textContent()) ?? '').split('\n');
    await expectAccessible(page, 'a second factor');
    await factor.getByLabel('Code from your authenticator app').fill('000000');
    await factor.getByRole('button', { name: 'Turn on' }).click();
    await factor.getByRole('alert').filter({ hasText: 'This code is wrong.' }).waitFor();
    await factor.getByLabel('Code from your authenticator app').fill(codeOf(secretOf(uri ?? '')));
    await factor.getByRole('button', { name: 'Turn on' }).click();
    await factor.getByText('The second factor is on').waitFor();
    await leave(page);
    await page.getByLabel('Email address').fill(email);
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('button', { name: 'Use a backup code' }).click();
    await expectAccessible(page, 'a backup code');
    await page.getByLabel('Backup code').fill(backup);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Today', level: 1 }).waitFor();
    await open(page, '/settings/account');
    await factor.getByLabel('Password', { exact: true }).fill(password);
    await factor.getByRole('button', { name: 'Turn off' }).click();
    await factor.getByRole('button', { name: 'Set up' }).waitFor();
    await context.close();
  });

  test('is deleted with its password, and leaves nothing in the browser', async () => {
    const { page, context } = await web().newDevice();
    const email = await web().signUp(page);
    await addTask(page, 'Forget me');
    await row(page, 'Forget me').waitFor();
    await saved(page);
    expect((await storedKeys(page)).length).toBeGreaterThan(1);
    await open(page, '/settings/account');
    const form = section(page, 'Delete my account');
    const remove = () => form.getByRole('button', { name: 'Delete my account' }).click();
    await form.getByLabel('Password', { exact: true }).fill('not-it-at-all');
    await confirming(page, remove);
    await form.getByRole('alert').filter({ hasText: 'The password is wrong.' }).waitFor();
    await expectAccessible(page, 'a refused deletion');
    await form.getByLabel('Password', { exact: true }).fill(password);
    await confirming(page, remove);
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(await page.evaluate('localStorage.getItem("duly.user")')).toBeNull();
    // By which other tabs see that they must store nothing any more.
    expect(await storedKeys(page)).toEqual(['cleared']);
    await page.getByLabel('Email address').fill(email);
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').filter({ hasText: 'Wrong email address or password.' }).waitFor();
    await context.close();
  });
});
