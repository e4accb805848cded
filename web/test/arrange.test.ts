import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { api, hasBrowser, saved, useWebApp } from './support/web-app.ts';

if (!hasBrowser) console.warn('skipped: moves in the web app, for want of Chromium in /usr/bin');

const named = (page: Page, path: string) =>
  api(page, 'GET', path).then((items) => (items as { name: string }[]).map(({ name }) => name));

describe.skipIf(!hasBrowser)('the manual order in the web app', () => {
  const web = useWebApp();

  test('of projects, views and sections is changed with the keyboard, a menu and a mouse', async () => {
    const { page, context } = await web().newDevice();
    await web().signUp(page);
    for (const name of ['One', 'Two', 'Three']) await api(page, 'POST', '/projects', { name });
    for (const name of ['First', 'Second']) await api(page, 'POST', '/views', { name, parameters: {} });
    const [{ id } = { id: '' }] = (await api(page, 'GET', '/projects')) as { id: string }[];
    for (const name of ['Roof', 'Cellar']) await api(page, 'POST', `/projects/${id}/sections`, { name });
    const items = (kind: string) => page.locator(`[data-move^="${kind} "] .nav-text`).allInnerTexts();
    await expect.poll(() => items('projects')).toEqual(['One', 'Two', 'Three']);

    const three = page.getByRole('link', { name: 'Three' });
    await three.focus();
    await page.keyboard.press('Alt+ArrowUp');
    await expect.poll(() => items('projects')).toEqual(['One', 'Three', 'Two']);
    await three.and(page.locator(':focus')).waitFor();
    await page.keyboard.press('Alt+ArrowUp');
    await expect.poll(() => items('projects')).toEqual(['Three', 'One', 'Two']);
    await saved(page);
    await expect.poll(() => named(page, '/projects')).toEqual(['Three', 'One', 'Two']);

    // By the menu of the list, for those without a keyboard.
    await page.getByRole('link', { name: 'Second' }).click();
    await page.getByRole('button', { name: 'More for this list' }).click();
    await page.getByRole('menuitem', { name: 'Move up' }).click();
    await expect.poll(() => items('views')).toEqual(['Second', 'First']);
    await expect.poll(() => named(page, '/views')).toEqual(['Second', 'First']);

    // With a mouse; the drag opens nothing.
    const from = await page.getByRole('link', { name: 'Three' }).boundingBox();
    const to = await page.getByRole('link', { name: 'Two' }).boundingBox();
    if (from === null || to === null) throw new Error('an item is not shown');
    await page.mouse.move(from.x + 60, from.y + 10);
    await page.mouse.down();
    await page.mouse.move(from.x + 60, to.y + to.height - 4, { steps: 8 });
    await page.locator('[data-move][data-drop="after"]').waitFor();
    await page.mouse.up();
    await expect.poll(() => items('projects')).toEqual(['One', 'Two', 'Three']);
    await page.getByRole('heading', { name: 'Second', level: 1 }).waitFor();

    await page.getByRole('link', { name: 'One' }).click();
    await page.getByRole('button', { name: 'More for “Cellar”' }).click();
    await page.getByRole('menuitem', { name: 'Move up' }).click();
    await expect
      .poll(() => page.locator('.group-head-section h2').allInnerTexts())
      .toEqual(['Cellar', 'Roof']);
    await saved(page);
    await expect.poll(() => named(page, `/projects/${id}/sections`)).toEqual(['Cellar', 'Roof']);
    await context.close();
  });
});
