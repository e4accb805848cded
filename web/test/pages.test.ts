import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { findings, settled } from './support/accessibility.ts';
import { addTask, api, hasBrowser, row, saved, useWebApp } from './support/web-app.ts';

if (!hasBrowser) console.warn('skipped: the pages of the web app, for want of Chromium in /usr/bin');

describe.skipIf(!hasBrowser)('the pages of the web app', () => {
  const web = useWebApp();

  test.each([
    ['light', 1280],
    ['dark', 390],
  ] as const)('have nothing that axe finds of WCAG 2.2 AA, %s, at %i pixels', async (colorScheme, width) => {
    const { page, context } = await web().newDevice({
      colorScheme,
      viewport: { width, height: 844 },
      reducedMotion: 'reduce',
    });
    await page.goto(`${web().app.url}/sign-in`);
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    expect(await findings(page)).toEqual([]);
    await web().signUp(page);
    expect(await findings(page)).toEqual([]);
    const { id } = (await api(page, 'POST', '/projects', { name: 'House', color: '#d98324' })) as {
      id: string;
    };
    const today = new Date().toISOString().slice(0, 10);
    const task = {
      title: 'Mend the roof',
      priority: 'High',
      tags: ['home'],
      due_date: today,
      description: 'Soon',
    };
    await api(page, 'POST', '/tasks', { ...task, project_id: id, recurrence: 'FREQ=DAILY' });
    await api(page, 'POST', '/tasks', { title: 'Late', due_date: '2026-01-01', priority: 'Low' });
    await row(page, 'Mend the roof').waitFor();
    for (const path of [
      '/today',
      '/upcoming',
      `/projects/${id}`,
      '/search?q=mend',
      '/trash',
      '/settings',
      '/settings/account',
      '/settings/data',
    ]) {
      await page.goto(web().app.url + path);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await settled(page);
      expect(await findings(page), path).toEqual([]);
    }
    await page.goto(`${web().app.url}/today`);
    await row(page, 'Mend the roof').getByRole('button').click();
    for (const name of [/^Due:/, /^Repeat:/, /^Priority:/, /^Tags:/]) {
      await page.getByRole('button', { name }).click();
      await settled(page);
      expect(await findings(page), String(name)).toEqual([]);
      await page.keyboard.press('Escape');
    }
    for (const key of ['Control+k', '?']) {
      await page.evaluate('document.activeElement.blur()');
      await page.keyboard.press(key);
      await page.getByRole('dialog').waitFor();
      await settled(page);
      expect(await findings(page), key).toEqual([]);
      await page.keyboard.press('Escape');
    }
    await context.close();
  });

  test('are in German for those who read German, until they choose another language', async () => {
    const { page, context } = await web().newDevice({ locale: 'de-DE' });
    await page.goto(`${web().app.url}/sign-in`);
    await page.getByRole('heading', { name: 'Anmelden' }).waitFor();
    expect(await page.evaluate('document.documentElement.lang')).toBe('de-DE');
    await page.getByRole('button', { name: 'Sprache: Deutsch' }).click();
    await page.getByRole('menuitemradio', { name: 'English' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await context.close();
  });

  test('lead to the search: with a key, and with a click at 1,280 and at 390 pixels', async () => {
    const { page, context } = await web().newDevice();
    await web().signUp(page);
    for (const title of ['Mend the roof', 'Find a roofer', 'Call Ida']) await addTask(page, title);
    await row(page, 'Call Ida').waitFor();
    const field = page.getByRole('searchbox', { name: 'Search' });
    const hasFocus = () => field.and(page.locator(':focus')).waitFor();
    const titles = () => page.locator('.row-text').allInnerTexts();
    await page.evaluate('document.activeElement.blur()');
    await page.keyboard.press('/');
    await hasFocus();
    await page.keyboard.type('roof');
    await expect.poll(async () => (await titles()).sort()).toEqual(['Find a roofer', 'Mend the roof']);
    await page.evaluate('document.activeElement.blur()');
    await page.keyboard.press('/');
    await page.keyboard.type('mend');
    await expect.poll(titles).toEqual(['Mend the roof']);

    // What the palette searches for stands in the field.
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog').getByRole('combobox').fill('ida');
    await page.getByRole('option', { name: 'Search for “ida”' }).click();
    await expect.poll(titles).toEqual(['Call Ida']);
    await expect.poll(() => field.inputValue()).toBe('ida');

    const link = page.getByRole('link', { name: 'Search' });
    await page.getByRole('link', { name: 'Today' }).first().click();
    expect(await link.count()).toBe(1);
    await link.click();
    await hasFocus();
    expect(await field.inputValue()).toBe('');
    await page.setViewportSize({ width: 390, height: 844 });
    await page.locator('.bottom-bar').getByRole('link', { name: 'Today' }).click();
    await page.getByRole('heading', { name: 'Today', level: 1 }).waitFor();
    await page.locator('.page-header').getByRole('link', { name: 'Search' }).click();
    await hasFocus();
    await context.close();
  });

  test('keep 1,000 tasks fast: only those near the window are there', async () => {
    const { page, context } = await web().newDevice();
    await web().signUp(page);
    for (let batch = 0; batch < 10; batch++)
      await api(page, 'POST', '/tasks/bulk', {
        operations: Array.from({ length: 100 }, (_, index) => ({
          op: 'create',
          title: `Task ${batch * 100 + index}`,
        })),
      });
    await page.goto(`${web().app.url}/inbox`);
    await page.getByText('1,000 tasks').waitFor();
    await row(page, 'Task 0').first().waitFor();
    expect(await page.locator('[data-row]').count()).toBeLessThan(100);
    await page.evaluate('scrollTo(0, document.body.scrollHeight)');
    await page.waitForFunction(`document.querySelector('[data-row]').textContent !== 'Task 0'`);
    expect(await page.locator('[data-row]').count()).toBeLessThan(100);
    await page.evaluate('scrollTo(0, 0)');
    await addTask(page, 'another one');
    await page.getByText('1,001 tasks').waitFor();
    await saved(page);
    await context.close();
  });

  test('load at most 170 kB of scripts, compressed, before the first list is there', async () => {
    const { page, context } = await web().newDevice();
    const scripts = new Set<string>();
    page.on('response', (response) => {
      if (response.request().resourceType() === 'script') scripts.add(new URL(response.url()).pathname);
    });
    await web().signUp(page);
    scripts.clear();
    await page.goto(`${web().app.url}/today`);
    await page.getByRole('heading', { name: 'Today', level: 1 }).waitFor();
    const dist = fileURLToPath(new URL('../dist', import.meta.url));
    const sizes = [...scripts].map((path) => gzipSync(readFileSync(dist + path), { level: 9 }).length);
    expect(sizes.length).toBeGreaterThan(4);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(170_000);
    await context.close();
  });
});
