import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { makeAdmin } from '../../server/test/support/accounts.ts';
import { expectAccessible } from './support/accessibility.ts';
import { api, hasBrowser, row, useWebApp } from './support/web-app.ts';

if (!hasBrowser) console.warn('skipped: administration in the web app, for want of Chromium in /usr/bin');

describe.skipIf(!hasBrowser)('pages of admins, and others, in the web app', () => {
  const web = useWebApp({ FEATURE_FLAGS: 'web_push=25%', REGISTRATION: 'open' });

  async function signUpAdmin(page: Page): Promise<void> {
    await makeAdmin(web().app, await web().signUp(page));
  }

  test('show the features that are on, and invite and revoke', async () => {
    const { page, context } = await web().newDevice();
    await signUpAdmin(page);
    await page.goto(`${web().app.url}/admin/flags`);
    const flag = (name: string) =>
      page
        .locator('.plain-row')
        .filter({ has: page.getByText(name, { exact: true }) })
        .locator('.state');
    await flag('web_push').waitFor();
    expect([await flag('web_push').textContent(), await flag('import_http').textContent()]).toEqual([
      'On for 25 % of users',
      'On',
    ]);

    await page.getByRole('link', { name: 'Invitations' }).click();
    await page.getByText('Nobody is invited.').waitFor();
    await page.getByLabel('Email address').fill('grace@example.com');
    await page.getByRole('button', { name: 'Invite' }).click();
    const link = await page.locator('code.code').textContent();
    expect(link).toContain('/sign-up#invitation=');
    await page.getByRole('button', { name: 'Revoke the invitation of grace@example.com' }).click();
    await page.getByText('Nobody is invited.').waitFor();
    await context.close();
  });

  test.each([
    ['light', 1280],
    ['dark', 390],
  ] as const)('have nothing that axe finds of WCAG 2.2 AA, %s, at %i pixels', async (colorScheme, width) => {
    const { page, context } = await web().newDevice({
      colorScheme,
      viewport: { width, height: 844 },
      reducedMotion: 'reduce',
    });
    await signUpAdmin(page);
    const { id } = (await api(page, 'POST', '/projects', { name: 'House', color: '#d98324' })) as {
      id: string;
    };
    await api(page, 'POST', `/projects/${id}/sections`, { name: 'Roof' });
    await api(page, 'POST', '/tasks', { title: 'Late', due_date: '2026-01-01', project_id: id });
    const gone = (await api(page, 'POST', '/tasks', { title: 'Gone' })) as { id: string };
    await api(page, 'DELETE', `/tasks/${gone.id}`);
    await api(page, 'POST', '/tasks', { title: 'Here' });
    await page.goto(`${web().app.url}/inbox`);
    await row(page, 'Here').waitFor();
    for (const [path, wanted] of [
      ['/charts', 'Open in each project'],
      ['/charts?days=90', 'Open in each project'],
      ['/trash', 'Gone'],
      ['/settings/notifications', 'Show reminders here'],
      ['/admin/flags', 'web_push'],
      ['/admin/invitations', 'Nobody is invited.'],
    ] as const) {
      await page.goto(web().app.url + path);
      await page.getByText(wanted).first().waitFor();
      await expectAccessible(page, path);
    }
    await page.goto(`${web().app.url}/charts`);
    for (const table of await page.getByText('As a table').all()) await table.click();
    await expectAccessible(page, 'tables');
    await page.goto(`${web().app.url}/projects/${id}`);
    await page.getByRole('button', { name: 'More for “Roof”' }).click();
    await expectAccessible(page, 'menu');
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    await page.getByRole('alertdialog').waitFor();
    await expectAccessible(page, 'question');
    await context.close();
  });
});
