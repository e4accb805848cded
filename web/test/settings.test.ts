import { readFileSync, writeFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { patience } from '../../server/test/support/patience.ts';
import { temporaryDirectory } from '../../server/test/support/process.ts';
import { addTask, api, confirming, hasBrowser, password, row, saved, useWebApp } from './support/web-app.ts';

if (!hasBrowser) console.warn('skipped: the settings of the web app, for want of Chromium in /usr/bin');

describe.skipIf(!hasBrowser)('the settings of the web app', () => {
  const web = useWebApp();
  const open = (page: Page, path: string) => page.goto(web().app.url + path);

  test('keep name, zone, reminders and the hour of the daily mail on the server', async () => {
    const { page, context } = await web().newDevice({ timezoneId: 'Europe/Vienna' });
    await web().signUp(page);
    await expect.poll(() => api(page, 'GET', ''), patience).toMatchObject({ time_zone: 'Europe/Vienna' });
    await open(page, '/settings');
    await page.getByText('This device is in Europe/Vienna.').waitFor();
    await page.getByLabel('First name').fill('Grace');
    await page.getByLabel('Last name').fill('Hopper');
    await page.getByLabel('Time zone').fill('Nowhere/Else');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('There is no time zone of this name. Choose one of the list.').waitFor();
    await page.getByLabel('Time zone').fill('Asia/Tokyo');
    await page.getByLabel('Remind me of timed tasks').selectOption({ label: '30 minutes before' });
    await page.getByLabel('Daily mail at').selectOption('7');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('button', { name: 'Account of Grace' }).waitFor();
    expect(await api(page, 'GET', '')).toMatchObject({
      first_name: 'Grace',
      last_name: 'Hopper',
      time_zone: 'Asia/Tokyo',
      default_reminder_minutes: 30,
      digest_hour: 7,
    });
    await page.reload();
    expect(await page.getByLabel('Time zone').inputValue()).toBe('Asia/Tokyo');
    await context.close();
  });

  test('keep theme and language on the device, before the first picture too', async () => {
    const { page, context } = await web().newDevice({ colorScheme: 'light' });
    await web().signUp(page);
    await open(page, '/settings/appearance');
    const background = () => page.evaluate('getComputedStyle(document.documentElement).backgroundColor');
    const light = await background();
    await page.getByLabel('Theme').selectOption('dark');
    await expect.poll(background, patience).not.toBe(light);
    const dark = await background();
    await page.getByLabel('Language').selectOption('de');
    await page.getByRole('heading', { name: 'Einstellungen', level: 1 }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'Einstellungen', level: 1 }).waitFor();
    expect(await background()).toBe(dark);
    await page.getByLabel('Sprache').selectOption('en');
    await page.getByLabel('Theme').selectOption('system');
    await expect.poll(background, patience).toBe(light);
    await context.close();
  });

  test('bring a file in after a rehearsal, and everything out', async () => {
    const { page, context } = await web().newDevice();
    await web().signUp(page);
    await addTask(page, 'Here before');
    await row(page, 'Here before').waitFor();
    const directory = await temporaryDirectory();
    const file = `${directory.path}/todo.txt`;
    writeFileSync(file, '(A) Call mum @phone\nWater the plants\n');
    await open(page, '/settings/data');
    await page.getByLabel('File of at most 5 MB').setInputFiles(file);
    await page.getByText('2 tasks would be added').waitFor();
    expect(await api(page, 'GET', '/tasks')).toHaveLength(1);
    await page.getByRole('button', { name: 'Import now' }).click();
    await page.getByText('Imported 2 tasks').first().waitFor();
    await page.getByLabel('File of at most 5 MB').setInputFiles(file);
    await page.getByText('0 tasks would be added').waitFor();
    const broken = `${directory.path}/broken.json`;
    writeFileSync(broken, '{"tasks": [');
    await page.getByLabel('File of at most 5 MB').setInputFiles(broken);
    await page
      .getByRole('alert')
      .filter({ hasText: /^This file cannot be imported\. The server says: “.+”\.$/ })
      .waitFor();

    const save = async (name: string) => {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name }).click(),
      ]);
      return { name: download.suggestedFilename(), text: readFileSync(await download.path(), 'utf8') };
    };
    const json = await save('Everything (JSON)');
    expect(json.name).toBe('duly.json');
    const titles = ['Call mum', 'Here before', 'Water the plants'];
    const { tasks } = JSON.parse(json.text) as { tasks: { title: string }[] };
    expect(tasks.map(({ title }) => title).sort()).toEqual(titles);
    for (const name of ['Tasks (CSV)', 'Tasks (iCalendar)']) {
      const { text } = await save(name);
      for (const title of titles) expect(text).toContain(title);
    }
    await directory.remove();
    await context.close();
  });

  test('say in whole sentences, in the language of the page, what the server does not take', async () => {
    const { page, context } = await web().newDevice();
    await web().signUp(page);
    const words = {
      en: {
        newEmail: 'New email address',
        password: 'Password',
        changeEmail: 'Change address',
        current: 'Current password',
        next: 'New password',
        changePassword: 'Change password',
        wrong: 'The password is wrong.',
        common: 'This password is too common. Choose another one.',
        noEmail: 'This is not an email address.',
      },
      de: {
        newEmail: 'Neue E-Mail-Adresse',
        password: 'Passwort',
        changeEmail: 'Adresse ändern',
        current: 'Aktuelles Passwort',
        next: 'Neues Passwort',
        changePassword: 'Passwort ändern',
        wrong: 'Das Passwort ist falsch.',
        common: 'Dieses Passwort ist zu gängig. Wähle ein anderes.',
        noEmail: 'Das ist keine E-Mail-Adresse.',
      },
    };
    for (const [language, text] of Object.entries(words)) {
      await page.evaluate(`localStorage.setItem('duly.language', '${language}')`);
      await open(page, '/settings/account');
      const form = (button: string) =>
        page.locator('form').filter({ has: page.getByRole('button', { name: button, exact: true }) });
      const tell = async (button: string, fields: Record<string, string>, sentence: string) => {
        for (const [label, value] of Object.entries(fields))
          await form(button).getByLabel(label, { exact: true }).fill(value);
        await form(button).getByRole('button', { name: button, exact: true }).click();
        await form(button).getByRole('alert').getByText(sentence, { exact: true }).waitFor();
      };
      const address = (value: string, word: string) => ({ [text.newEmail]: value, [text.password]: word });
      await tell(text.changeEmail, address('ada@example', password), text.noEmail);
      await tell(text.changeEmail, address('eve@example.com', 'not-it-at-all'), text.wrong);
      const passwords = (current: string, next: string) => ({ [text.current]: current, [text.next]: next });
      await tell(text.changePassword, passwords('not-it-at-all', 'another-otter-43'), text.wrong);
      await tell(text.changePassword, passwords(password, 'password123'), text.common);
    }
    await context.close();
  });

  test('lists, tags and projects are renamed, merged, archived, deleted and brought back', async () => {
    const { page, context } = await web().newDevice();
    await web().signUp(page);
    await page.getByRole('button', { name: 'New project' }).click();
    await page.getByRole('dialog').getByLabel('Name').fill('House');
    await page.getByRole('radio', { name: 'Violet' }).check({ force: true });
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('heading', { name: 'House', level: 1 }).waitFor();
    await addTask(page, 'Paint @red');
    await addTask(page, 'Plaster @rot');
    await saved(page);
    // The URL has the server's id of the project now, and the tasks stay where they are.
    await expect.poll(() => page.url(), patience).not.toContain('temp-');
    for (const title of ['Paint', 'Plaster']) await row(page, title).waitFor();

    await page.getByRole('link', { name: 'rot' }).click();
    await page.getByRole('button', { name: 'More for this list' }).click();
    await page.getByRole('menuitem', { name: 'Rename or delete' }).click();
    await page.getByRole('dialog').getByLabel('Name').fill('red');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('heading', { name: '@red', level: 1 }).waitFor();
    for (const title of ['Paint', 'Plaster']) await row(page, title).waitFor();

    await page.getByRole('link', { name: 'House' }).click();
    await page.getByRole('button', { name: 'More for this list' }).click();
    await page.getByRole('menuitem', { name: 'Edit project' }).click();
    await confirming(page, () => page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click());
    await page.getByRole('heading', { name: 'Inbox', level: 1 }).waitFor();
    await page.getByRole('link', { name: 'House' }).waitFor({ state: 'detached' });
    await saved(page);
    await page.getByRole('link', { name: 'Trash' }).click();
    await page.getByRole('button', { name: 'Restore “House”' }).click();
    await page.getByRole('link', { name: 'House' }).click();
    for (const title of ['Paint', 'Plaster']) await row(page, title).waitFor();
    await context.close();
  });
});
