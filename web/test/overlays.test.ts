import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { makeAdmin } from '../../server/test/support/accounts.ts';
import { mintToken } from '../../server/test/support/app.ts';
import { isLong } from '../../server/test/support/long-tests.ts';
import { expectAccessible } from './support/accessibility.ts';
import { api, hasBrowser, row, saved, useWebApp } from './support/web-app.ts';

if (!hasBrowser) console.warn('skipped: menus and dialogs of the web app, for want of Chromium in /usr/bin');

interface Stored {
  id: string;
  version: number;
}

/** A project with a section, tasks of today and without a date, a tag and a view. */
async function fill(page: Page) {
  const create = (path: string, body: object) => api(page, 'POST', path, body) as Promise<Stored>;
  const project = await create('/projects', { name: 'House', color: '#d98324' });
  const section = await create(`/projects/${project.id}/sections`, { name: 'Roof' });
  const view = await create('/views', { name: 'Important', parameters: { status: 'pending' } });
  const today = new Date().toISOString().slice(0, 10);
  const task = await create('/tasks', {
    title: 'Mend the roof',
    due_date: today,
    due_time: '23:59',
    recurrence: 'FREQ=DAILY',
    tags: ['home'],
    project_id: project.id,
    section_id: section.id,
  });
  await create('/tasks', { title: 'Call Ida' });
  await create('/tasks', { title: 'Read', due_date: today });
  return { project, view, task };
}

describe.skipIf(!hasBrowser)('what opens above the pages of the web app', () => {
  const web = useWebApp();

  const goTo = async (page: Page, path: string) => {
    await page.goto(web().app.url + path);
    await page.getByRole('heading', { level: 1 }).waitFor();
  };
  const choose = async (page: Page, menu: string, item: string) => {
    await page.getByRole('button', { name: menu }).click();
    await page.getByRole('menuitem', { name: item }).click();
  };
  const command = async (page: Page, name: string) => {
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog').getByRole('combobox').fill(name);
    await page.getByRole('option', { name }).first().click();
  };

  /** Opens each menu and picker of the page as it is, except those that were seen before with the same contents. */
  async function openAll(page: Page, where: string, seen: Set<string>): Promise<void> {
    // The open sidebar of a phone covers the rest.
    const openers = page
      .locator('.shell[data-drawer="true"] .sidebar, .shell[data-drawer="false"], .auth')
      .locator('[aria-haspopup]:visible');
    const panel = page.locator('.popover');
    for (let index = 0; index < (await openers.count()); index += 1) {
      const opener = openers.nth(index);
      await opener.click();
      const text = (await panel.textContent()) ?? '';
      const name = `${where}: ${await opener.getAttribute('aria-label')}`;
      if (!seen.has(text)) {
        await expectAccessible(page, name, '.popover-root:has(> .popover)');
        const { x = -1, y = -1, width = 0, height = 0 } = (await panel.boundingBox()) ?? {};
        const size = page.viewportSize() ?? { width: 0, height: 0 };
        const isInside = x >= 0 && y >= 0 && x + width <= size.width && y + height <= size.height;
        expect([name, isInside, { x, y, width, height }]).toMatchObject([name, true, {}]);
      }
      seen.add(text);
      await page.keyboard.press('Escape');
      await panel.waitFor({ state: 'detached' });
      await opener.and(page.locator(':focus')).waitFor();
    }
  }

  /** Looks at the dialog that is open, and closes it. */
  async function lookAtDialog(page: Page, name: string): Promise<void> {
    const dialog = page.locator('dialog[open]').last();
    await dialog.getByRole('heading', { level: 2, name }).waitFor();
    await expectAccessible(page, name, 'dialog[open]');
    await page.keyboard.press('Escape');
    await page.getByRole('heading', { level: 2, name }).waitFor({ state: 'detached' });
  }

  // A phone has all that a wide window has, and the sidebar as a drawer.
  test.each(isLong ? [1280, 390] : [390])(
    'has nothing that axe finds of WCAG 2.2 AA, light and dark: menus and pickers of every page, at %i pixels',
    async (width) => {
      const { page, context } = await web().newDevice({
        viewport: { width, height: 844 },
        reducedMotion: 'reduce',
      });
      const seen = new Set<string>();
      await page.goto(`${web().app.url}/sign-in`);
      await page.getByRole('button', { name: 'Sign in' }).waitFor();
      await openAll(page, 'sign-in', seen);
      await web().signUp(page);
      const { project, view } = await fill(page);
      for (const path of [
        ...['/today', '/upcoming', '/inbox', '/completed', '/search?q=mend'],
        ...[`/projects/${project.id}`, '/tags/home', `/views/${view.id}`],
      ]) {
        await goTo(page, path);
        await openAll(page, path, seen);
      }
      await goTo(page, '/today');
      await row(page, 'Mend the roof').getByRole('button').click();
      await page.getByRole('textbox', { name: 'Notes' }).waitFor();
      await openAll(page, 'an open task', seen);
      await page.getByRole('button', { name: 'Done' }).click();
      await choose(page, 'More for this list', 'Select tasks');
      await page.getByRole('checkbox', { name: 'Select “Read”' }).check();
      await page.getByRole('toolbar').waitFor();
      await openAll(page, 'a selection', seen);
      await expectAccessible(page, 'a selection');
      if (width < 760) {
        await page.getByRole('button', { name: 'More', exact: true }).click();
        await expectAccessible(page, 'sidebar');
        await openAll(page, 'sidebar', seen);
      }
      expect(seen.size).toBeGreaterThan(15);
      await context.close();
    },
  );

  test('keeps pickers in a low window, and does not scroll it sideways', async () => {
    const { page, context } = await web().newDevice({ viewport: { width: 1280, height: 620 } });
    await web().signUp(page);
    for (const title of ['Call Ida', 'Read', 'Sleep'])
      await api(page, 'POST', '/tasks', { title, due_date: '2026-12-24', tags: ['home'] });
    await goTo(page, '/inbox');
    await row(page, 'Sleep').getByRole('button').click();
    await page.getByRole('textbox', { name: 'Notes' }).waitFor();
    for (const name of ['Due', 'Repeat', 'Tags']) {
      await page.getByRole('button', { name: new RegExp(`^${name}: `) }).click();
      const panel = page.getByRole('dialog', { name: new RegExp(`^${name}: `) });
      await page.evaluate('Promise.all(document.getAnimations().map(({ finished }) => finished))');
      const { x = -1, y = -1, width = 0, height = 0 } = (await panel.boundingBox()) ?? {};
      expect([name, x >= 0, y >= 0, x + width <= 1280, y + height <= 620]).toEqual([
        name,
        ...[true, true, true, true],
      ]);
      expect(await page.evaluate('window.scrollX')).toBe(0);
      await page.keyboard.press('Escape');
    }
    await context.close();
  });

  test('has nothing that axe finds of WCAG 2.2 AA, light and dark: dialogs, also above dialogs', async () => {
    const { page, context } = await web().newDevice({ reducedMotion: 'reduce' });
    await makeAdmin(web().app, await web().signUp(page));
    const { project, view, task } = await fill(page);
    await goTo(page, '/today');
    await page.keyboard.press('Control+k');
    await lookAtDialog(page, 'Go to or do');
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog').getByRole('combobox').fill('roof');
    await lookAtDialog(page, 'Go to or do');
    await page.keyboard.press('?');
    await lookAtDialog(page, 'Keyboard shortcuts');
    for (const [name, title] of [
      ['Add a task', 'Add a task'],
      ['New project', 'New project'],
      ['New view', 'New view'],
    ] as const) {
      await command(page, name);
      if (name === 'Add a task') {
        await page.getByRole('dialog').getByRole('combobox').fill('Call tomorrow 5pm @phone !high every day');
        await page.getByRole('list', { name: 'Understood' }).waitFor();
      }
      await lookAtDialog(page, title);
    }

    await goTo(page, `/projects/${project.id}`);
    await choose(page, 'More for this list', 'New section');
    await lookAtDialog(page, 'New section');
    await choose(page, 'More for “Roof”', 'Rename');
    await lookAtDialog(page, 'Rename');
    await choose(page, 'More for “Roof”', 'Delete');
    await lookAtDialog(page, 'Delete the section “Roof”?');
    for (const [path, item, dialog, question] of [
      [`/projects/${project.id}`, 'Edit project', 'Edit project', 'Delete “House”?'],
      [`/views/${view.id}`, 'Edit view', 'Edit view', 'Delete the view “Important”?'],
      ['/tags/home', 'Rename or delete', 'Rename or delete', 'Take @home off all tasks?'],
    ] as const) {
      await goTo(page, path);
      await choose(page, 'More for this list', item);
      await page.getByRole('dialog', { name: dialog }).getByRole('button', { name: 'Delete' }).click();
      await lookAtDialog(page, question);
      await lookAtDialog(page, dialog);
    }

    await api(page, 'DELETE', `/tasks/${((await api(page, 'POST', '/tasks', { title: 'x' })) as Stored).id}`);
    await goTo(page, '/trash');
    await page.getByRole('button', { name: 'Empty the trash' }).click();
    await lookAtDialog(page, 'Empty the trash?');
    await goTo(page, '/settings/account');
    const erase = page
      .locator('form')
      .filter({ has: page.getByRole('button', { name: 'Delete my account' }) });
    await erase.getByLabel('Password', { exact: true }).fill('not needed');
    await erase.getByRole('button', { name: 'Delete my account' }).click();
    await lookAtDialog(page, 'Erase your account?');
    await goTo(page, '/admin/lock');
    await page.getByRole('button', { name: 'Lock the service' }).click();
    await lookAtDialog(page, 'Lock the service?');

    await goTo(page, '/today');
    await saved(page);
    const { id } = (await api(page, 'GET', '')) as Stored;
    await context.setOffline(true);
    await row(page, 'Mend the roof').getByRole('button').click();
    await page.getByRole('textbox', { name: 'Title' }).fill('Mend the roof here');
    await page.getByRole('button', { name: 'Done' }).click();
    await choose(page, 'Account of Ada', 'Sign out');
    await lookAtDialog(page, 'Sign out all the same?');
    const { version } = (
      await web().app.request('GET', `/api/v1/users/${id}/tasks/${task.id}`, {
        token: await mintToken({ sub: id }),
      })
    ).body.data;
    await web().app.request('PATCH', `/api/v1/users/${id}/tasks/${task.id}`, {
      token: await mintToken({ sub: id }),
      body: { title: 'Mend the roof elsewhere', version },
    });
    await context.setOffline(false);
    await page.getByRole('button', { name: 'Compare and decide' }).click();
    await lookAtDialog(page, 'Two versions of “Mend the roof elsewhere”');

    await page.getByRole('button', { name: 'Compare and decide' }).click();
    await page.getByRole('button', { name: 'Keep the chosen' }).click();
    await saved(page);
    await context.clearCookies();
    await page.reload();
    await page.getByText('Your session has ended').waitFor();
    await page.getByRole('button', { name: 'Sign in' }).click();
    await lookAtDialog(page, 'Sign in again');
    await context.close();
  });

  test('closes one by one with Escape, the innermost first', async () => {
    const { page, context } = await web().newDevice();
    const press = () => page.keyboard.press('Escape');
    await web().signUp(page);
    const { project } = await fill(page);
    await goTo(page, '/today');
    const toolbar = page.getByRole('toolbar');
    const menu = page.locator('.popover');
    await choose(page, 'More for this list', 'Select tasks');
    await page.getByRole('checkbox', { name: 'Select “Read”' }).check();

    // A menu of a selection, and one whose focus is lost by a click beside its items.
    for (const name of ['Due', 'Priority', 'Project']) {
      await toolbar.getByRole('button', { name }).click();
      await press();
      await menu.waitFor({ state: 'detached' });
      await toolbar.waitFor();
    }
    await toolbar.getByRole('button', { name: 'Due' }).click();
    await menu.click({ position: { x: 30, y: 3 } });
    await press();
    await menu.waitFor({ state: 'detached' });
    await toolbar.waitFor();

    // The palette, and an open task with a picker, above a selection.
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog').getByRole('combobox').waitFor();
    await press();
    await page.getByRole('dialog').getByRole('combobox').waitFor({ state: 'detached' });
    await toolbar.waitFor();
    await goTo(page, '/today');
    await row(page, 'Mend the roof').getByRole('button').click();
    const card = page.getByRole('group', { name: 'Mend the roof' });
    await card.waitFor();
    await choose(page, 'More for this list', 'Select tasks');
    await page.getByRole('checkbox', { name: 'Select “Read”' }).check();
    const due = card.getByRole('button', { name: /^Due:/ });
    await due.click();
    await page.getByRole('dialog').waitFor();
    await page.getByRole('table').click({ position: { x: 10, y: 8 } });
    await press();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await due.and(page.locator(':focus')).waitFor();
    await card.waitFor();
    await press();
    await card.waitFor({ state: 'detached' });
    await toolbar.waitFor();
    await press();
    await toolbar.waitFor({ state: 'detached' });

    // A question above a dialog, and the palette, which does not take its place.
    await goTo(page, `/projects/${project.id}`);
    await choose(page, 'More for this list', 'Edit project');
    const dialog = page.getByRole('dialog', { name: 'Edit project' });
    await dialog.getByLabel('Name').fill('Home');
    await page.keyboard.press('Control+k');
    await dialog.getByRole('button', { name: 'Delete' }).click();
    const question = page.getByRole('alertdialog');
    await question.waitFor();
    await press();
    await question.waitFor({ state: 'detached' });
    expect(await dialog.getByLabel('Name').inputValue()).toBe('Home');
    await press();
    await dialog.waitFor({ state: 'detached' });

    // A drag above a selection.
    await choose(page, 'More for this list', 'Select tasks');
    await page.getByRole('checkbox', { name: 'Select “Mend the roof”' }).check();
    await row(page, 'Mend the roof').hover();
    await row(page, 'Mend the roof').locator('.row-grip').hover();
    await page.mouse.down();
    const dragged = page.locator('.row[data-dragged="true"]');
    await dragged.waitFor();
    await page.mouse.move(400, 100);
    await press();
    await dragged.waitFor({ state: 'detached' });
    await page.mouse.up();
    await toolbar.waitFor();
    await context.close();
  });

  test('closes the sidebar of a phone after its menu, and gives the focus back', async () => {
    const { page, context } = await web().newDevice({ viewport: { width: 390, height: 844 } });
    await web().signUp(page);
    const more = page.getByRole('button', { name: 'More', exact: true });
    await more.click();
    const account = page.getByRole('button', { name: 'Account of Ada' });
    await page.getByRole('link', { name: 'Search' }).and(page.locator(':focus')).waitFor();
    await account.click();
    await page.getByRole('menu').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('menu').waitFor({ state: 'detached' });
    await account.and(page.locator(':focus')).waitFor();
    await page.keyboard.press('Escape');
    await account.waitFor({ state: 'hidden' });
    await more.and(page.locator(':focus')).waitFor();
    await context.close();
  });
});
