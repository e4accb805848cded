import { describe, expect, test } from 'vitest';
import { addTask, api, hasBrowser, row, useWebApp } from './support/web-app.ts';

if (!hasBrowser) console.warn('skipped: the dialogs of the web app, for want of Chromium in /usr/bin');

describe.skipIf(!hasBrowser)('the dialogs of the web app', () => {
  const web = useWebApp();

  test('ask for the name of a section and before it is deleted, keep the focus, and give it back', async () => {
    const { page, context } = await web().newDevice();
    const browserDialogs: string[] = [];
    page.on('dialog', (dialog) => {
      browserDialogs.push(dialog.message());
      void dialog.dismiss();
    });
    await web().signUp(page);
    const { id } = (await api(page, 'POST', '/projects', { name: 'House' })) as { id: string };
    await page.getByRole('link', { name: 'House' }).click();
    const listMenu = page.getByRole('button', { name: 'More for this list' });
    const newSection = page.getByRole('dialog', { name: 'New section' });

    await listMenu.click();
    await page.getByRole('menuitem', { name: 'New section' }).click();
    await newSection.getByLabel('Name').and(page.locator(':focus')).waitFor();
    // Nothing behind a dialog can be focused.
    await page.evaluate(`document.querySelector('.nav-item').focus()`);
    expect(await newSection.locator(':focus').count()).toBe(1);
    await page.keyboard.press('Escape');
    await newSection.waitFor({ state: 'detached' });
    await listMenu.and(page.locator(':focus')).waitFor();

    await page.keyboard.press('Enter');
    await page.getByRole('menuitem', { name: 'New section' }).press('Enter');
    await newSection.getByLabel('Name').fill('  Roof ');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Roof' }).waitFor();

    const sectionMenu = page.getByRole('button', { name: 'More for “Roof”' });
    await sectionMenu.click();
    await page.getByRole('menuitem', { name: 'Rename' }).click();
    const rename = page.getByRole('dialog', { name: 'Rename' });
    await expect.poll(() => rename.getByLabel('Name').inputValue()).toBe('Roof');
    await rename.getByLabel('Name').fill('Cellar');
    await rename.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('heading', { name: 'Cellar' }).waitFor();

    const cellarMenu = page.getByRole('button', { name: 'More for “Cellar”' });
    const question = page.getByRole('alertdialog', { name: 'Delete the section “Cellar”?' });
    await cellarMenu.click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    await question.getByText('Its tasks stay in the project.').waitFor();
    await question.getByRole('button', { name: 'Cancel' }).and(page.locator(':focus')).waitFor();
    await page.keyboard.press('Enter');
    await question.waitFor({ state: 'detached' });
    await cellarMenu.and(page.locator(':focus')).waitFor();
    await cellarMenu.click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    await question.getByRole('button', { name: 'Delete the section' }).click();
    await page.getByRole('heading', { name: 'Cellar' }).waitFor({ state: 'detached' });
    await expect.poll(() => api(page, 'GET', `/projects/${id}/sections`)).toEqual([]);
    expect(browserDialogs).toEqual([]);
    await context.close();
  });

  test('ask before a sign-out that loses what waits', async () => {
    const { page, context } = await web().newDevice();
    await web().signUp(page);
    await context.setOffline(true);
    await addTask(page, 'unsent');
    await row(page, 'unsent').waitFor();
    const account = page.getByRole('button', { name: 'Account of' });
    await account.click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    const question = page.getByRole('alertdialog', { name: 'Sign out all the same?' });
    await question.getByText('1 change is not on the server yet, and will be lost.').waitFor();
    await question.getByRole('button', { name: 'Cancel' }).click();
    await question.waitFor({ state: 'detached' });
    await row(page, 'unsent').waitFor();
    await context.close();
  });
});
