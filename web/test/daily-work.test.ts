import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { patience } from '../../server/test/support/patience.ts';
import { addTask, api, hasBrowser, row, saved, useWebApp } from './support/web-app.ts';

if (!hasBrowser) console.warn('skipped: daily work in the web app, for want of Chromium in /usr/bin');

interface StoredTask {
  title: string;
  completed: boolean;
  due_date: string | null;
  due_time: string | null;
  recurrence: string | null;
  project_id: string | null;
  section_id: string | null;
}

const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };

describe.skipIf(!hasBrowser)('daily work in the web app', () => {
  const web = useWebApp();

  const goTo = async (page: Page, path: string) => {
    await page.goto(web().app.url + path);
    await page.getByRole('heading', { level: 1 }).waitFor();
  };
  const select = async (page: Page) => {
    await page.getByRole('button', { name: 'More for this list' }).click();
    await page.getByRole('menuitem', { name: 'Select tasks' }).click();
  };
  const selectAll = async (page: Page) => {
    await select(page);
    await page.getByRole('button', { name: 'Select all' }).click();
  };
  const undo = (page: Page) => page.getByRole('button', { name: 'Undo' }).click();
  const tasks = async (page: Page) => (await api(page, 'GET', '/tasks?sort_by=title')) as StoredTask[];
  const create = async (page: Page, path: string, body: object) =>
    (await api(page, 'POST', path, body)) as { id: string };

  test('takes days off and completes several tasks, also those with a time or a rule, and takes that back', async () => {
    const { page, context } = await web().newDevice();
    await web().signUp(page);
    for (const fields of [
      { title: 'Plain', due_date: '2031-03-03' },
      { title: 'Repeated', due_date: '2031-03-03', recurrence: 'FREQ=DAILY' },
      { title: 'Timed', due_date: '2031-03-03', due_time: '09:00' },
    ])
      await create(page, '/tasks', fields);
    await goTo(page, '/inbox');
    await row(page, 'Timed').waitFor();
    const before = await tasks(page);
    const dates = (all: StoredTask[]) => all.map((task) => [task.due_date, task.due_time, task.recurrence]);

    await selectAll(page);
    await page.getByRole('button', { name: 'Due', exact: true }).click();
    await page.getByRole('button', { name: 'No date' }).click();
    await expect
      .poll(async () => dates(await tasks(page)), patience)
      .toEqual(before.map(() => [null, null, null]));
    await undo(page);
    await expect.poll(async () => dates(await tasks(page)), patience).toEqual(dates(before));
    await saved(page);

    await selectAll(page);
    await page.getByRole('button', { name: 'Complete', exact: true }).click();
    await page.getByText('Completed 3 tasks').waitFor();
    await expect
      .poll(async () => (await tasks(page)).map((task) => [task.completed, task.due_date]), patience)
      .toEqual([
        [true, '2031-03-03'],
        [false, '2031-03-04'],
        [true, '2031-03-03'],
      ]);
    await undo(page);
    await expect.poll(async () => dates(await tasks(page)), patience).toEqual(dates(before));
    expect((await tasks(page)).map(({ completed }) => completed)).toEqual([false, false, false]);
    expect(await page.getByText('The server refused').count()).toBe(0);
    await context.close();
  });

  test('puts several tasks into a section, and back into theirs', async () => {
    const { page, context } = await web().newDevice();
    await web().signUp(page);
    const house = await create(page, '/projects', { name: 'House' });
    const roof = await create(page, `/projects/${house.id}/sections`, { name: 'Roof' });
    const garden = await create(page, '/projects', { name: 'Garden' });
    const beds = await create(page, `/projects/${garden.id}/sections`, { name: 'Beds' });
    for (const title of ['Dig', 'Plant'])
      await create(page, '/tasks', { title, project_id: garden.id, section_id: beds.id });
    await goTo(page, `/projects/${garden.id}`);
    await row(page, 'Plant').waitFor();
    const places = async () => (await tasks(page)).map((task) => [task.project_id, task.section_id]);
    await selectAll(page);
    await page.getByRole('button', { name: 'Project', exact: true }).click();
    await page.getByRole('menuitem', { name: 'Roof' }).click();
    await expect.poll(places, patience).toEqual(Array(2).fill([house.id, roof.id]));
    await undo(page);
    await expect.poll(places, patience).toEqual(Array(2).fill([garden.id, beds.id]));
    await context.close();
  });

  test('goes on with the next task after a key that takes one out of the list', async () => {
    const { page, context } = await web().newDevice();
    await web().signUp(page);
    for (const title of ['One', 'Two', 'Three', 'Four', 'Five'])
      await create(page, '/tasks', { title, due_date: '2031-03-03' });
    await goTo(page, '/inbox');
    await row(page, 'Five').waitFor();
    const focused = () =>
      expect.poll(() => page.evaluate('document.activeElement.closest("[data-row]")?.innerText'), patience);
    await page.keyboard.press('j');
    await page.keyboard.press('c');
    await focused().toContain('Two');
    await page.keyboard.press('Delete');
    await focused().toContain('Three');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'More for this task' }).press('Enter');
    await page.getByRole('menuitem', { name: 'Delete' }).press('Enter');
    await focused().toContain('Four');
    await page.keyboard.press('j');
    await focused().toContain('Five');
    await row(page, 'Five').getByRole('checkbox').press('Space');
    await focused().toContain('Four');
    await context.close();
  });

  test('keeps a time that Enter ends', async () => {
    const { page, context } = await web().newDevice();
    await web().signUp(page);
    await create(page, '/tasks', { title: 'Call Ida', due_date: '2031-03-03' });
    await goTo(page, '/inbox');
    await row(page, 'Call Ida').getByRole('button').click();
    const due = page.getByRole('button', { name: /^Due: / });
    await due.click();
    await page.getByLabel('Time').fill('17:30');
    await page.getByLabel('Time').press('Enter');
    await page.getByLabel('Time').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Due: 3 Mar 2031 17:30' }).waitFor();
    await context.close();
  });

  test('says where a task is only if it is not to be seen', async () => {
    const { page, context } = await web().newDevice();
    await web().signUp(page);
    await goTo(page, '/inbox');
    await addTask(page, 'Short tomorrow');
    const added = page.locator('.toast').filter({ hasText: 'Added' });
    await added.waitFor({ state: 'attached' });
    expect(await added.textContent()).toBe('Added “Short”');
    for (let number = 1; number <= 30; number++) await create(page, '/tasks', { title: `Task ${number}` });
    await row(page, 'Task 9').waitFor();
    await expect.poll(() => page.locator('.page-sub').textContent(), patience).toBe('31 tasks');
    await addTask(page, 'Far');
    await page.getByText('Added “Far”: Inbox').waitFor();
    await context.close();
  });

  test('says that a project or a view is not there, and offers nothing for it', async () => {
    const { page, context } = await web().newDevice();
    await web().signUp(page);
    for (const path of ['projects', 'views']) {
      await goTo(page, `/${path}/0190a5c0-0000-7000-8000-000000000000`);
      await page.getByText('It may have been deleted. Then it is in the trash.').waitFor();
      expect(await page.getByRole('combobox', { name: 'Add a task' }).count()).toBe(0);
      expect(await page.getByRole('button', { name: 'More for this list' }).count()).toBe(0);
    }
    await context.close();
  });

  test('says why there are no sessions to be seen without a network', async () => {
    const { page, context } = await web().newDevice();
    await web().signUp(page);
    await goTo(page, '/settings/profile');
    await context.setOffline(true);
    await page.getByRole('link', { name: 'Sessions' }).click();
    await page.getByText('The server cannot be reached. Check your connection.').waitFor();
    await context.close();
  });

  test('has room on a phone for every button of a selection, and for every menu', async () => {
    const { page, context } = await web().newDevice(phone);
    await web().signUp(page);
    const { id } = await create(page, '/tasks', { title: 'Call Ida', due_date: '2031-03-03' });
    // The longest texts.
    await page.evaluate(`localStorage.setItem('duly.language', 'de')`);
    await goTo(page, '/inbox');
    await page.getByRole('button', { name: 'Mehr zu dieser Liste' }).tap();
    await page.getByRole('menuitem', { name: 'Aufgaben auswählen' }).tap();
    await row(page, 'Call Ida').getByRole('checkbox').tap();
    const bar = page.getByRole('toolbar');
    await bar.getByRole('button', { name: 'Projekt' }).waitFor();
    const widths = await bar.locator('.icon-button').evaluateAll((all) => all.map((one) => one.clientWidth));
    expect(widths).toHaveLength(7);
    expect(Math.min(...widths)).toBeGreaterThanOrEqual(36);
    await goTo(page, `/inbox?task=${id}`);
    const width = () => page.evaluate('window.innerWidth');
    await page.getByRole('button', { name: /^Wiederholung: / }).tap();
    await page.getByLabel('In Worten').waitFor();
    expect(await width()).toBe(390);
    await context.close();
  });
});
