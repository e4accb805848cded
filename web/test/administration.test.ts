import type { Page } from 'playwright-core';
import { afterAll, describe, expect, test } from 'vitest';
import { createInvitation } from '../../server/src/admin/invitations.ts';
import { setRole } from '../../server/src/admin/queries.ts';
import { type MailServer, startMailServer } from '../../server/test/support/mail.ts';
import { expectAccessible } from './support/accessibility.ts';
import { addTask, confirming, hasBrowser, password, row, useWebApp } from './support/web-app.ts';

if (!hasBrowser) console.warn('skipped: administration in the web app, for want of Chromium in /usr/bin');

const nobody = { actor: null, requestId: null, address: null };

describe.skipIf(!hasBrowser)('administration in the web app', () => {
  let mail: MailServer;
  const web = useWebApp(async () => {
    mail = await startMailServer();
    return { ...mail.settings, REGISTRATION: 'invite' };
  });
  afterAll(() => mail?.close());

  const open = (page: Page, path: string) => page.goto(web().app.url + path);

  /** The link in the mail of an invitation. */
  async function invite(email: string): Promise<string> {
    const { config, db, mailer } = web().app.ctx;
    await createInvitation(config, db, mailer, nobody, email);
    return (await mail.next(email, 'You are invited to make an account')).link;
  }

  async function join(page: Page, email: string): Promise<void> {
    await open(page, await invite(email));
    await page.getByLabel('Your name').fill('Ada');
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByRole('button', { name: 'Create account' }).click();
    await page.getByRole('heading', { name: 'Today', level: 1 }).waitFor();
  }

  const newEmail = (name: string) => `${name}.${crypto.randomUUID()}@example.com`;

  async function newAdmin(page: Page): Promise<string> {
    const email = newEmail('root');
    const { searchParams } = new URL((await invite(email)).replace('#', '?'), web().app.url);
    const person = { email, password, name: 'Root', invitation: searchParams.get('invitation') };
    const { body } = await web().app.request('POST', '/api/auth/sign-up/email', {
      body: person,
      headers: { origin: web().app.url },
    });
    await setRole(web().app.ctx.db, body.user.id, 'admin');
    await web().signIn(page, email);
    return email;
  }

  test('lets only people with an invitation in, each with the address that was invited', async () => {
    const { page, context } = await web().newDevice();
    await open(page, '/sign-up');
    await page.getByLabel('Email address').fill(newEmail('stranger'));
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByRole('button', { name: 'Create account' }).click();
    await page.getByRole('alert').filter({ hasText: 'You need an invitation' }).waitFor();
    await expectAccessible(page, 'no invitation');
    const email = newEmail('guest');
    const link = await invite(email);
    await open(page, '/sign-in');
    await open(page, link);
    const address = page.getByLabel('Email address');
    expect([await address.inputValue(), await address.getAttribute('readonly')]).toEqual([email, '']);
    await expectAccessible(page, 'an invitation');
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByRole('button', { name: 'Create account' }).click();
    await page.getByRole('heading', { name: 'Today', level: 1 }).waitFor();
    await addTask(page, 'first of all');
    await row(page, 'first of all').waitFor();
    await context.close();
  });

  test('makes accounts, finds, bans and promotes people, and hands out links', async () => {
    const admin = await web().newDevice();
    const { page } = admin;
    await newAdmin(page);
    await page.getByRole('button', { name: 'Account of Root' }).click();
    await page.getByRole('menuitem', { name: 'Administration' }).click();
    await page.getByRole('heading', { name: 'Administration', level: 1 }).waitFor();
    const email = newEmail('grace');
    await page.getByLabel('Email address', { exact: true }).fill(email);
    await page.getByRole('button', { name: 'Create', exact: true }).click();
    const url = (await page.locator('code').textContent()) ?? '';
    await expectAccessible(page, 'users, and a link');
    const grace = await web().newDevice();
    const { pathname, hash } = new URL(url);
    await open(grace.page, pathname + hash);
    await grace.page.getByLabel('New password').fill(password);
    await grace.page.getByRole('button', { name: 'Set password' }).click();
    await grace.page.getByRole('link', { name: 'Sign in' }).click();
    await web().signIn(grace.page, email);
    await open(grace.page, '/admin');
    await grace.page.getByRole('alert').filter({ hasText: /\w/ }).first().waitFor();

    await page.getByLabel('Part of an email address').fill('grace');
    await page.getByRole('button', { name: 'Search', exact: true }).last().click();
    await page.getByRole('link', { name: email }).click();
    await page.getByRole('heading', { name: email }).waitFor();
    await page.getByText('auth.login').first().waitFor();
    await expectAccessible(page, 'a user');
    await page.getByRole('button', { name: 'Make admin' }).click();
    await page.getByRole('button', { name: 'Make ordinary user' }).click();
    await page.getByRole('button', { name: 'Make admin' }).waitFor();
    await page.getByRole('button', { name: 'Ban', exact: true }).click();
    await page.getByRole('button', { name: 'Lift the ban' }).waitFor();
    await addTask(await todayOf(grace.page), 'in vain');
    await grace.page.getByText('Your session has ended').waitFor();
    await page.getByRole('button', { name: 'Lift the ban' }).click();
    await page.getByRole('button', { name: 'Ban', exact: true }).waitFor();
    await page.getByRole('button', { name: 'Link for a new password' }).click();
    expect(await page.locator('code').textContent()).toContain('/reset#token=');

    await page.getByRole('link', { name: 'Audit log' }).click();
    await page.getByRole('cell', { name: 'admin.invitation.create' }).first().waitFor();
    await expectAccessible(page, 'the audit log');
    for (const { context } of [admin, grace]) await context.close();
  });

  /** The list, without the network if there is none for it. */
  async function todayOf(page: Page): Promise<Page> {
    await page.getByRole('link', { name: 'Today' }).first().click();
    return page;
  }

  test('locks the service: apps keep what is written, and send it after the lock is gone', async () => {
    const [admin, person] = [await web().newDevice(), await web().newDevice()];
    const { page } = admin;
    await newAdmin(page);
    await join(person.page, newEmail('ada'));
    await open(page, '/admin/lock');
    await page.getByText('The service is open.').waitFor();
    await confirming(page, () => page.getByRole('button', { name: 'Lock the service' }).click());
    await page.getByText(/^Locked since/).waitFor();
    await expectAccessible(page, 'the service is locked');
    await addTask(person.page, 'written meanwhile');
    await person.page.getByText('Offline · 1 change is waiting').waitFor();
    await page.getByRole('button', { name: 'Unlock' }).click();
    await page.getByText('The service is open.').waitFor();
    await person.page.reload();
    await person.page.getByText('Everything is saved').waitFor();
    await row(person.page, 'written meanwhile').waitFor();
    for (const { context } of [admin, person]) await context.close();
  });
});
