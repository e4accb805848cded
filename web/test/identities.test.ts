import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { addTask, api, hasBrowser, row, saved, useWebApp } from './support/web-app.ts';

if (!hasBrowser) console.warn('skipped: new ids in the web app, for want of Chromium in /usr/bin');

/** Keeps what the page writes from the server until the returned function is called. */
async function holdWrites(page: Page): Promise<() => Promise<void>> {
  const { promise, resolve } = Promise.withResolvers<void>();
  await page.route('**/api/v1/users/me/**', async (route) => {
    if (route.request().method() !== 'GET') await promise;
    await route.continue();
  });
  return async () => {
    resolve();
    await saved(page);
  };
}

const focused = (page: Page) => page.locator(':focus');

describe.skipIf(!hasBrowser)(
  'what is open on something new stays open once the server has given it an id',
  () => {
    const web = useWebApp();
    const start = async () => {
      // A worker between the page and the server would hide the requests that are held.
      const { page, context } = await web().newDevice();
      await web().signUp(page);
      return { page, context };
    };
    const idOf = (page: Page, title: string) => row(page, title).first().getAttribute('data-row');

    test('the menu of a section, and the dialogs that it opens', async () => {
      const { page, context } = await start();
      const { id } = (await api(page, 'POST', '/projects', { name: 'House' })) as { id: string };
      await page.getByRole('link', { name: 'House' }).click();
      const release = await holdWrites(page);
      await page.getByRole('button', { name: 'More for this list' }).click();
      await page.getByRole('menuitem', { name: 'New section' }).click();
      await page.getByRole('dialog', { name: 'New section' }).getByLabel('Name').fill('Roof');
      await page.keyboard.press('Enter');
      await page.getByRole('button', { name: 'More for “Roof”' }).click();
      const rename = page.getByRole('menuitem', { name: 'Rename' });
      await rename.and(focused(page)).waitFor();

      await release();
      expect(await rename.and(focused(page)).count()).toBe(1);
      await page.keyboard.press('Enter');
      const name = page.getByRole('dialog', { name: 'Rename' }).getByLabel('Name');
      await name.fill('Cellar');
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'Cellar' }).waitFor();
      await expect
        .poll(() => api(page, 'GET', `/projects/${id}/sections`))
        .toMatchObject([{ name: 'Cellar' }]);
      await context.close();
    });

    test('a task, the text that is edited in it, and a menu of it', async () => {
      const { page, context } = await start();
      const release = await holdWrites(page);
      await addTask(page, 'Mend the roof');
      await row(page, 'Mend the roof').getByRole('button').click();
      const card = page.getByRole('group', { name: 'Mend the roof' });
      await card.getByLabel('Add a subtask').fill('Buy tiles');
      await page.keyboard.press('Enter');
      await card.getByRole('list', { name: 'Subtasks' }).getByLabel('Title').fill('Buy red tiles');
      const before = await page.locator('[data-row]').getAttribute('data-row');

      await release();
      const subtask = card.getByRole('list', { name: 'Subtasks' }).getByLabel('Title').and(focused(page));
      expect(await subtask.inputValue()).toBe('Buy red tiles');
      expect(await page.locator('[data-row]').getAttribute('data-row')).not.toBe(before);
      await card.getByRole('button', { name: 'Priority' }).click();
      await saved(page);
      await expect
        .poll(() => api(page, 'GET', '/tasks?sort_by=title&sort_direction=desc'))
        .toMatchObject([{ title: 'Mend the roof' }, { title: 'Buy red tiles' }]);
      await context.close();
    });

    test('a menu of a task, whose choice is then saved', async () => {
      const { page, context } = await start();
      const release = await holdWrites(page);
      await addTask(page, 'Mend the roof');
      await row(page, 'Mend the roof').getByRole('button').click();
      await page.getByRole('button', { name: 'Priority' }).click();
      const high = page.getByRole('menuitemradio', { name: 'High' });
      await high.focus();
      await release();
      expect(await high.and(focused(page)).count()).toBe(1);
      await page.keyboard.press('Enter');
      await expect
        .poll(() => api(page, 'GET', '/tasks'))
        .toMatchObject([{ title: 'Mend the roof', priority: 'High' }]);
      await context.close();
    });

    test('a selection, and the menu of what is done with it', async () => {
      const { page, context } = await start();
      const release = await holdWrites(page);
      await addTask(page, 'one');
      await addTask(page, 'two');
      await row(page, 'one').getByRole('button').focus();
      await page.keyboard.press('x');
      const bar = page.getByRole('toolbar');
      await bar.getByText('1 selected').waitFor();
      const before = await idOf(page, 'one');
      await bar.getByRole('button', { name: 'Priority' }).click();
      const low = page.getByRole('menuitem', { name: 'Low' });
      await low.focus();

      await release();
      expect(await idOf(page, 'one')).not.toBe(before);
      await bar.getByText('1 selected').waitFor();
      expect(await low.and(focused(page)).count()).toBe(1);
      await page.keyboard.press('Enter');
      await saved(page);
      await expect
        .poll(() => api(page, 'GET', '/tasks?sort_by=title&sort_direction=asc'))
        .toMatchObject([
          { title: 'one', priority: 'Low' },
          { title: 'two', priority: 'Medium' },
        ]);
      await context.close();
    });

    test('a drag, which then moves the task', async () => {
      const { page, context } = await start();
      await page.getByRole('link', { name: 'Inbox' }).click();
      await page.getByRole('heading', { name: 'Inbox', level: 1 }).waitFor();
      const release = await holdWrites(page);
      for (const title of ['one', 'two', 'three']) await addTask(page, title);
      const titles = () => page.locator('.row-text').allInnerTexts();
      await expect.poll(titles).toEqual(['one', 'two', 'three']);
      const from = await row(page, 'three').locator('.row-grip').boundingBox();
      const to = await row(page, 'one').boundingBox();
      if (from === null || to === null) throw new Error('a row is not shown');
      await page.mouse.move(from.x + 4, from.y + 4);
      await page.mouse.down();
      await page.mouse.move(from.x + 4, to.y + 4, { steps: 8 });
      await page.locator('[data-row][data-drop="before"]').waitFor();
      await release();
      await page.locator('.row[data-dragged="true"]').waitFor();
      await page.mouse.up();
      await expect.poll(titles).toEqual(['three', 'one', 'two']);
      await saved(page);
      await expect
        .poll(() => api(page, 'GET', '/tasks?sort_by=position&sort_direction=asc'))
        .toMatchObject([{ title: 'three' }, { title: 'one' }, { title: 'two' }]);
      await context.close();
    });

    test('a view whose dialog has a new project, which the server then knows', async () => {
      const { page, context } = await start();
      const release = await holdWrites(page);
      await page.getByRole('button', { name: 'New project' }).click();
      await page.getByRole('dialog', { name: 'New project' }).getByLabel('Name').fill('House');
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'House', level: 1 }).waitFor();
      const dialog = page.getByRole('dialog', { name: 'New view' });
      const projectOf = () =>
        dialog.getByLabel('Project').evaluate((field) => {
          const { selectedOptions } = field as unknown as { selectedOptions: { text: string }[] };
          return selectedOptions[0]?.text;
        });
      // One is saved before the server has the project, one while it gets its id.
      for (const name of ['first', 'second']) {
        await page.getByRole('button', { name: 'New view' }).click();
        await dialog.getByLabel('Name').fill(name);
        await dialog.getByLabel('Project').selectOption({ label: 'House' });
        if (name === 'second') await release();
        expect(await projectOf()).toBe('House');
        await dialog.getByRole('button', { name: 'Save' }).click();
        await page.getByRole('heading', { name, level: 1 }).waitFor();
      }
      await saved(page);
      const [{ id } = { id: '' }] = (await api(page, 'GET', '/projects')) as { id: string }[];
      await expect
        .poll(() => api(page, 'GET', '/views'))
        .toMatchObject([
          { name: 'first', parameters: { project_id: id } },
          { name: 'second', parameters: { project_id: id } },
        ]);
      await context.close();
    });
  },
);
