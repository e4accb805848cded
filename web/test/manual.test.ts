import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { afterAll, describe, expect, test } from 'vitest';
import { type MailServer, startMailServer } from '../../server/test/support/mail.ts';
import { patience } from '../../server/test/support/patience.ts';
import {
  addTask,
  answering,
  confirming,
  hasBrowser,
  password,
  row,
  saved,
  useWebApp,
} from './support/web-app.ts';

if (!hasBrowser) console.warn('skipped: the jobs of the manual, for want of Chromium in /usr/bin');

const docs = fileURLToPath(new URL('../../docs/', import.meta.url));
const pages = readdirSync(`${docs}manual`).map((name) => readFileSync(`${docs}manual/${name}`, 'utf8'));
const matches = (pattern: RegExp) =>
  pages.flatMap((text) => [...text.matchAll(pattern)].map(([, part = '']) => part));

type Messages = Record<string, string | Record<string, string>>;

/** The app's texts in English. */
async function loadMessages(): Promise<Messages[]> {
  const folder = new URL('../src/i18n/messages/', import.meta.url);
  const names = readdirSync(folder).filter((name) => /^en\b.*\.ts$/.test(name));
  const modules = await Promise.all(names.map((name) => import(new URL(name, folder).href)));
  return modules.flatMap((module: Record<string, Messages>) => Object.values(module));
}

/** Texts of the app as patterns: a parameter may be anything. */
const texts = (await loadMessages())
  .flatMap((messages) => Object.values(messages))
  .flatMap((message) => (typeof message === 'string' ? [message] : Object.values(message)))
  .map((text) => new RegExp(`^${text.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{\w+\}/g, '.+')}$`));

test('every text that the manual names is on the screen', () => {
  const named = matches(/\*\*([^*]+)\*\*/g).map((name) => name.replaceAll(/\s+/g, ' '));
  expect(named.length).toBeGreaterThan(50);
  expect(named.filter((name) => !texts.some((text) => text.test(name)))).toEqual([]);
});

/** Pictures that the manual shows, and those that were seen on the way. */
const taken = new Set<string>();

async function picture(page: Page, name: string): Promise<void> {
  taken.add(name);
  if (process.env.DULY_SCREENSHOTS !== '1') return;
  await page.mouse.move(0, 0);
  await page.screenshot({ path: `${docs}screenshots/manual-${name}.png`, animations: 'disabled' });
}

describe.skipIf(!hasBrowser)('a new user, by the manual alone', () => {
  let mail: MailServer;
  const web = useWebApp(async () => {
    mail = await startMailServer();
    return mail.settings;
  });
  afterAll(() => mail?.close());

  const link = (page: Page, name: string) => page.getByRole('link', { name }).first();
  const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name }).first();
  const open = async (page: Page, title: string) => {
    await row(page, title).getByRole('button').click();
    await page.getByRole('textbox', { name: 'Notes' }).waitFor();
  };
  const choose = async (page: Page, menu: string | RegExp, item: string) => {
    await button(page, menu).click();
    await page
      .getByRole('menuitem', { name: item })
      .or(page.getByRole('menuitemradio', { name: item }))
      .click();
  };
  const done = (page: Page) => page.getByRole('button', { name: 'Done', exact: true }).click();

  /** Signs up, and confirms the address. */
  async function begin(page: Page): Promise<string> {
    const email = `ada.${crypto.randomUUID()}@example.com`;
    await page.goto(web().app.url);
    await page.getByRole('link', { name: 'Create an account' }).click();
    await page.getByLabel('Your name').fill('Ada');
    await page.getByLabel('Email address').fill(email);
    await page.getByLabel('Password', { exact: true }).fill(password);
    await button(page, 'Create account').click();
    await page.getByRole('heading', { name: 'Today', level: 1 }).waitFor();
    const confirmation = await mail.next(email, 'Confirm your email address');
    const other = await page.context().newPage();
    await other.goto(web().app.url + confirmation.link);
    await button(other, 'Confirm').click();
    await other.getByRole('heading', { name: 'Address confirmed' }).waitFor();
    await other.close();
    return email;
  }

  async function planDays(page: Page): Promise<void> {
    const input = page.getByRole('combobox', { name: 'Add a task' });
    await input.fill('Call Ida tomorrow at 5pm @phone !high');
    await expect
      .poll(() => page.getByRole('list', { name: 'Understood' }).textContent(), patience)
      .toContain('@phone');
    await picture(page, 'add');
    await input.press('Enter');
    await link(page, 'Inbox').click();
    for (const title of ['Water the plants', 'Pay the rent', 'Mend the bicycle']) await addTask(page, title);
    for (const title of ['Water the plants', 'Pay the rent']) {
      await open(page, title);
      await button(page, 'Due: No date').click();
      await page
        .getByRole('dialog')
        .getByRole('button', { name: /^Today/ })
        .click();
      await done(page);
    }
    await link(page, 'Today').click();
    await row(page, 'Water the plants').waitFor();
    await open(page, 'Water the plants');
    await button(page, 'Repeat: Does not repeat').click();
    await page.getByLabel('In words').fill('every 2 weeks on monday');
    await picture(page, 'repeat');
    await page.keyboard.press('Enter');
    await button(page, /^Repeat: Every 2 weeks/).waitFor();
    await choose(page, 'Reminders: Remind me', 'On the day at 9');
    await button(page, 'Reminders: On the day at 9').waitFor();
    await done(page);
    await picture(page, 'today');
    await open(page, 'Water the plants');
    await choose(page, 'More for this task', 'Skip this date');
    await link(page, 'Upcoming').click();
    await row(page, 'Call Ida').waitFor();
  }

  async function makeProject(page: Page): Promise<void> {
    await button(page, 'New project').click();
    await page.getByRole('dialog').getByLabel('Name').fill('House');
    await page.getByRole('radio', { name: 'Orange' }).check({ force: true });
    await button(page, 'Save').click();
    await page.getByRole('heading', { name: 'House', level: 1 }).waitFor();
    for (const section of ['Roof', 'Garden']) {
      await button(page, 'More for this list').click();
      await answering(page, section, () => page.getByRole('menuitem', { name: 'New section' }).click());
      const heading = page.locator('.group-head').filter({ hasText: section });
      await heading.getByRole('button', { name: 'Add a task' }).click();
      const dialog = page.getByRole('dialog');
      const title = section === 'Roof' ? 'Find the ladder' : 'Plant the pear tree';
      await dialog.getByRole('combobox', { name: 'Add a task' }).fill(title);
      await page.keyboard.press('Enter');
      await row(page, title).waitFor();
    }
    await addTask(page, 'Ask three roofers !high');
    await row(page, 'Ask three roofers').waitFor();
    await picture(page, 'project');
    await link(page, 'Search').click();
    await page.getByRole('searchbox', { name: 'Search' }).fill('roof');
    await row(page, 'Ask three roofers').waitFor();
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog').getByRole('combobox').fill('hous');
    await page.getByRole('option', { name: 'House' }).click();
    await page.getByRole('heading', { name: 'House', level: 1 }).waitFor();
    await button(page, 'New view').click();
    await page.getByRole('dialog').getByLabel('Name').fill('Important');
    await page.getByLabel('Priority').selectOption('High');
    await picture(page, 'view');
    await button(page, 'Save').click();
    await page.getByRole('heading', { name: 'Important', level: 1 }).waitFor();
    for (const title of ['Call Ida', 'Ask three roofers']) await row(page, title).waitFor();
  }

  test('does the ten jobs of every day', async () => {
    const { page, context } = await web().newDevice({ viewport: { width: 1000, height: 640 } });
    const email = await begin(page);
    await planDays(page);
    await makeProject(page);

    await link(page, 'House').click();
    await choose(page, 'More for this list', 'Select tasks');
    for (const title of ['Ask three roofers', 'Find the ladder', 'Plant the pear tree'])
      await page.getByRole('checkbox', { name: `Select “${title}”` }).check();
    await picture(page, 'select');
    await page.getByRole('toolbar').getByRole('button', { name: 'Due' }).click();
    await page
      .getByRole('dialog')
      .getByRole('button', { name: /^Tomorrow/ })
      .click();
    await link(page, 'Upcoming').click();
    await row(page, 'Plant the pear tree').waitFor();
    await saved(page);

    await context.setOffline(true);
    await addTask(page, 'Buy seeds');
    await page.getByText('Offline · 1 change is waiting').waitFor();
    await picture(page, 'offline');
    await context.setOffline(false);
    await saved(page);

    const phone = await web().newDevice({ viewport: { width: 390, height: 844 } });
    await web().signIn(phone.page, email);
    await row(page, 'Buy seeds').waitFor();
    await button(page, 'Account of Ada').click();
    await page.getByRole('menuitem', { name: 'Settings' }).click();
    await link(page, 'Sessions').click();
    await picture(page, 'sessions');
    await button(page, 'End').click();
    await page.getByRole('button', { name: 'End', exact: true }).waitFor({ state: 'detached' });
    await phone.page.reload();
    await phone.page.getByText('Your session has ended').waitFor();
    await phone.context.close();

    await link(page, 'House').click();
    await choose(page, 'More for this list', 'Edit project');
    await confirming(page, () => page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click());
    await link(page, 'House').waitFor({ state: 'detached' });
    await link(page, 'Trash').click();
    const restore = page.getByRole('button', { name: 'Restore “House”' });
    await restore.waitFor();
    await picture(page, 'trash');
    await restore.click();
    await link(page, 'House').click();
    for (const title of ['Ask three roofers', 'Find the ladder']) await row(page, title).waitFor();
    await context.close();
    expect([...taken].sort()).toEqual(matches(/screenshots\/manual-(\w+)\.png/g).sort());
  });
});
