import { describe, expect, test } from 'vitest';
import { addTask, api, hasBrowser, row, saved, useWebApp } from './support/web-app.ts';

if (!hasBrowser) console.warn('skipped: the trash of the web app, for want of Chromium in /usr/bin');

describe.skipIf(!hasBrowser)('the trash of the web app', () => {
  const web = useWebApp();

  test('is known without a network as far as this device saw it, and is restored from there', async () => {
    const { page, context } = await web().newDevice();
    await web().signUp(page);
    await page.evaluate('navigator.serviceWorker.ready');
    const create = (title: string) => api(page, 'POST', '/tasks', { title }) as Promise<{ id: string }>;
    const elsewhere = await create('deleted elsewhere');
    await create('deleted here');
    await page.getByRole('link', { name: 'Inbox' }).first().click();
    await row(page, 'deleted elsewhere').waitFor();
    await api(page, 'DELETE', `/tasks/${elsewhere.id}`);
    await row(page, 'deleted elsewhere').waitFor({ state: 'detached' });
    await saved(page);

    await context.setOffline(true);
    await row(page, 'deleted here').getByRole('button').focus();
    await page.keyboard.press('Delete');
    await row(page, 'deleted here').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Undo' }).click();
    // A change that waits is marked, and not new tasks only.
    await row(page, 'deleted here').getByText('Not on the server yet').waitFor({ state: 'attached' });
    await row(page, 'deleted here').getByRole('button').focus();
    await page.keyboard.press('Delete');
    await row(page, 'deleted here').waitFor({ state: 'detached' });

    await page.getByRole('link', { name: 'Trash' }).click();
    await page.getByText('You are offline. Below is what this device knows of').waitFor();
    const items = page.locator('.plain-row');
    await expect.poll(() => items.count()).toBe(2);
    await items.filter({ hasText: 'deleted here' }).getByText('Not on the server yet').waitFor();
    for (const title of ['deleted here', 'deleted elsewhere'])
      await page.getByRole('button', { name: `Restore “${title}”` }).click();
    await page.getByText('The trash is empty').waitFor();
    await page.getByRole('link', { name: 'Inbox' }).first().click();
    await row(page, 'deleted elsewhere').waitFor();
    await row(page, 'deleted here').waitFor();
    await context.setOffline(false);
    await saved(page);
    expect(await api(page, 'GET', '/tasks?sort_by=title')).toHaveLength(2);
    expect(await api(page, 'GET', '/trash')).toEqual([]);
    await context.close();
  });

  test('has what the server has once there is a network, and is emptied', async () => {
    const { page, context } = await web().newDevice();
    await web().signUp(page);
    await addTask(page, 'Rake');
    await row(page, 'Rake').waitFor();
    await saved(page);
    await page.getByRole('button', { name: 'New project' }).click();
    await page.getByRole('dialog').getByLabel('Name').fill('Garden');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Garden', level: 1 }).waitFor();
    await page.getByRole('button', { name: 'More for this list' }).click();
    await page.getByRole('menuitem', { name: 'Edit project' }).click();
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('button', { name: 'Delete the project' }).click();
    await page.getByRole('heading', { name: 'Inbox', level: 1 }).waitFor();
    const [task] = (await api(page, 'GET', '/tasks')) as { id: string }[];
    await api(page, 'DELETE', `/tasks/${task?.id}`);
    await page.getByRole('link', { name: 'Trash' }).click();
    await page.getByRole('button', { name: 'Restore “Garden”' }).click();
    await page.getByRole('link', { name: 'Garden' }).waitFor();
    await page.getByRole('button', { name: 'Restore “Rake”' }).waitFor();
    await page.getByRole('button', { name: 'Empty the trash' }).click();
    await page.getByRole('alertdialog').getByRole('button', { name: 'Remove for good' }).click();
    await page.getByRole('heading', { name: 'The trash is empty' }).waitFor();
    await saved(page);
    await expect.poll(() => api(page, 'GET', '/projects')).toMatchObject([{ name: 'Garden' }]);
    expect(await api(page, 'GET', '/trash')).toEqual([]);
    await context.close();
  });
});
