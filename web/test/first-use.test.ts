import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { patience } from '../../server/test/support/patience.ts';
import { addTask, api, confirming, hasBrowser, row, saved, useWebApp } from './support/web-app.ts';

if (!hasBrowser) console.warn('skipped: the first use of the web app, for want of Chromium in /usr/bin');

describe.skipIf(!hasBrowser)('the first use of the web app', () => {
  const web = useWebApp();

  const goTo = async (page: Page, path: string) => {
    await page.goto(web().app.url + path);
    await page.getByRole('heading', { level: 1 }).waitFor();
  };
  const choose = async (page: Page, item: string) => {
    await page.getByRole('button', { name: 'More for this list' }).click();
    await page.getByRole('menuitem', { name: item }).click();
  };
  const createProject = async (page: Page, name: string) =>
    (await api(page, 'POST', '/projects', { name })) as { id: string };

  test('adds to the project that is shown, with the round button of a phone too', async () => {
    const { page, context } = await web().newDevice({ viewport: { width: 390, height: 844 } });
    await web().signUp(page);
    const { id } = await createProject(page, 'Garden');
    await goTo(page, `/projects/${id}`);
    await page.getByText('Add the first step.').waitFor();
    await page.locator('.bar-add').click();
    await page.getByRole('dialog').getByRole('combobox').fill('Rake the leaves');
    await page.keyboard.press('Enter');
    await row(page, 'Rake the leaves').waitFor();
    await goTo(page, '/completed');
    await page.locator('.bar-add').click();
    await page.getByRole('dialog').getByRole('combobox').fill('Call Ida');
    await page.keyboard.press('Enter');
    await page.getByText('Added “Call Ida”: Inbox').waitFor();
    await context.close();
  });

  test('completes the names of projects and tags, and creates a project that is missing', async () => {
    const { page, context } = await web().newDevice();
    await web().signUp(page);
    await createProject(page, 'Garden');
    await createProject(page, 'Home renovation');
    await createProject(page, 'Café');
    const input = page.getByRole('combobox', { name: 'Add a task' });
    const options = () => page.getByRole('option').allInnerTexts();
    await input.pressSequentially('Rake #re');
    await expect.poll(options).toEqual(['Home renovation', 'New project “re”']);
    await input.press('Enter');
    expect(await input.inputValue()).toBe('Rake #"Home renovation" ');
    await input.pressSequentially('leaves @tools');
    await input.press('Enter');
    await row(page, 'Rake leaves').waitFor();
    expect(await input.inputValue()).toBe('');

    // A whole name needs no choice, and a new project is never chosen by itself; Escape leaves the text as it is.
    await input.pressSequentially('Dig #garden');
    await expect.poll(options).toEqual(['Garden']);
    await input.press('Enter');
    await row(page, 'Dig').waitFor();
    await input.pressSequentially('Paint @to');
    await page.getByRole('option', { name: 'tools' }).click();
    await input.pressSequentially('#Shed');
    await expect.poll(options).toEqual(['New project “Shed”']);
    await input.press('Escape');
    await expect.poll(options).toEqual([]);
    expect(await input.inputValue()).toBe('Paint @tools #Shed');
    await input.press('Backspace');
    await input.press('ArrowDown');
    await input.press('Tab');
    expect(await input.inputValue()).toBe('Paint @tools #She ');
    await input.press('Enter');
    await row(page, 'Paint').waitFor();
    await input.pressSequentially('Sip #cafe');
    await expect.poll(options).toEqual(['Café']);
    await input.press('Enter');
    await row(page, 'Sip').waitFor();
    await input.pressSequentially('Sweep #stairs');
    await expect.poll(options).toEqual(['New project “stairs”']);
    await input.press('Enter');
    await row(page, 'Sweep #stairs').waitFor();
    await saved(page);
    const projects = (await api(page, 'GET', '/projects')) as { id: string; name: string }[];
    const tasks = (await api(page, 'GET', '/tasks')) as {
      title: string;
      project_id: string;
      tags: string[];
    }[];
    const nameOf = (id: string) => projects.find((project) => project.id === id)?.name;
    expect(tasks.map(({ title, project_id, tags }) => [title, nameOf(project_id), ...tags]).sort()).toEqual([
      ['Dig', 'Garden'],
      ['Paint', 'She', 'tools'],
      ['Rake leaves', 'Home renovation', 'tools'],
      ['Sip', 'Café'],
      ['Sweep #stairs', undefined],
    ]);
    await context.close();
  });

  test('says where a task is that the list does not show, and what a reminder waits for', async () => {
    const { page, context } = await web().newDevice();
    await web().signUp(page);
    await addTask(page, 'Call Ida tomorrow');
    await page.getByText('Added “Call Ida”: Inbox, Tomorrow').waitFor();
    await page.getByRole('link', { name: 'Inbox' }).first().click();
    await row(page, 'Call Ida').getByRole('button').click();
    await page.getByRole('button', { name: /^Reminders: / }).click();
    await page.getByRole('menuitemradio', { name: 'On the day at 9' }).click();
    await page.getByText('Reminders come by mail once your address is confirmed').waitFor();
    await context.close();
  });

  test('understands what is typed before its parser is there', async () => {
    const { page, context } = await web().newDevice();
    // It would answer for the network.
    await context.addInitScript('delete Navigator.prototype.serviceWorker');
    await web().signUp(page);
    const { promise: isReleased, resolve: release } = Promise.withResolvers<void>();
    await page.route(/\/_next\/static\/chunks\//, async (route) => {
      await isReleased;
      await route.continue();
    });
    await addTask(page, 'Dig @tools');
    await addTask(page, 'Saw @garden');
    release();
    const tags = page.getByRole('link', { name: /^(?:garden|tools)/ });
    await expect.poll(() => tags.allInnerTexts(), patience).toEqual(['garden\n1', 'tools\n1']);
    await context.close();
  });

  test('finds tags as they are written elsewhere, and lists them with their open tasks', async () => {
    const { page, context } = await web().newDevice();
    await web().signUp(page);
    for (const title of ['Dig @tools @garden', 'Saw @tools']) await addTask(page, title);
    await row(page, 'Saw').getByRole('checkbox').click();
    const tags = page.getByRole('link', { name: /^(?:garden|tools|home)/ });
    await expect.poll(() => tags.allInnerTexts(), patience).toEqual(['garden\n1', 'tools\n1']);
    await row(page, 'Dig').getByRole('button').click();
    await page.getByRole('button', { name: /^Tags: / }).click();
    await page.getByRole('textbox', { name: 'Add a tag' }).fill('@home');
    await page.getByText('Press Enter to add @home').waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Tags: @garden @home @tools' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'New view' }).click();
    await page.getByRole('dialog').getByLabel('Name').fill('With tools');
    await page.getByLabel('Tags, with commas').fill('@tools');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('heading', { name: 'With tools', level: 1 }).waitFor();
    await row(page, 'Dig').waitFor();
    await context.close();
  });

  test('selects all before one is selected, tags them, and moves them to any day', async () => {
    const { page, context } = await web().newDevice();
    await web().signUp(page);
    await api(page, 'POST', '/tasks', { title: 'Read', tags: ['desk', 'quiet'] });
    await api(page, 'POST', '/tasks', { title: 'Write', tags: ['desk'] });
    await goTo(page, '/inbox');
    await choose(page, 'Select tasks');
    const bar = page.getByRole('toolbar');
    await bar.getByText('0 selected').waitFor();
    expect(await bar.getByRole('button').allInnerTexts()).toEqual(['Select all', '']);
    await bar.getByRole('button', { name: 'Select all' }).click();
    await bar.getByText('2 selected').waitFor();
    await bar.getByRole('button', { name: 'Tags' }).click();
    const tag = (name: string) => bar.getByRole('checkbox', { name, exact: true });
    expect(await tag('quiet').evaluate((box) => box.matches(':indeterminate'))).toBe(true);
    await tag('quiet').click();
    await expect.poll(() => tag('quiet').isChecked()).toBe(true);
    await tag('desk').click();
    await expect.poll(() => tag('desk').isChecked()).toBe(false);
    await bar.getByRole('textbox', { name: 'Add a tag' }).fill('@home');
    await page.keyboard.press('Enter');
    await expect.poll(() => tag('home').isChecked()).toBe(true);
    await page.keyboard.press('Escape');
    await bar.getByText('2 selected').waitFor();
    await bar.getByRole('button', { name: 'Due' }).click();
    await page.getByRole('button', { name: 'Next month' }).click();
    await page.getByRole('table').getByRole('button', { name: '15' }).first().click();
    await bar.waitFor({ state: 'detached' });
    await saved(page);
    const tasks = (await api(page, 'GET', '/tasks')) as { due_date: string; tags: string[] }[];
    const moved = [
      ['15', 'home', 'quiet'],
      ['15', 'home', 'quiet'],
    ];
    expect(tasks.map(({ due_date, tags }) => [due_date.slice(-2), ...tags.sort()])).toEqual(moved);
    await context.close();
  });

  test('says how an archived project is found, and puts a deleted one before its tasks', async () => {
    const { page, context } = await web().newDevice();
    await web().signUp(page);
    const { id } = await createProject(page, 'House');
    for (const title of ['Roof', 'Walls']) await api(page, 'POST', '/tasks', { title, project_id: id });
    await goTo(page, `/projects/${id}`);
    await row(page, 'Walls').waitFor();
    await choose(page, 'Edit project');
    await page.getByRole('button', { name: 'Archive' }).click();
    await page.getByText('Archived “House”. “Go to or do” still finds it.').waitFor();
    const link = page.getByRole('link', { name: 'House' });
    await link.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Undo' }).click();
    await link.waitFor();
    await choose(page, 'Edit project');
    await confirming(page, () => page.getByRole('button', { name: 'Delete' }).click());
    await saved(page);
    await page.getByRole('link', { name: 'Trash' }).click();
    const names = () =>
      page.getByRole('button', { name: /^Restore / }).evaluateAll((all) => all.map((one) => one.ariaLabel));
    await expect.poll(names, patience).toHaveLength(3);
    // Once the server has told its times: this device saw the tasks being deleted after the project.
    await expect.poll(async () => (await names())[0], patience).toBe('Restore “House”');
    await context.close();
  });

  test('begins to type at once, calls colours by name, and closes a new project without one', async () => {
    const { page, context } = await web().newDevice();
    await page.goto(`${web().app.url}/sign-up`);
    await page.getByLabel('Your name').and(page.locator(':focus')).waitFor();
    await web().signUp(page);
    await page.getByRole('button', { name: 'New project' }).click();
    const dialog = page.getByRole('dialog', { name: 'New project' });
    await dialog.getByRole('radio', { name: 'Teal' }).and(page.locator(':checked')).waitFor();
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await dialog.waitFor({ state: 'detached' });
    expect(await api(page, 'GET', '/projects')).toEqual([]);
    await context.close();
  });

  test('takes back a move into a section or to another day, and says where the task went', async () => {
    const { page, context } = await web().newDevice();
    await web().signUp(page);
    const { id } = await createProject(page, 'House');
    const section = (await api(page, 'POST', `/projects/${id}/sections`, { name: 'Garden' })) as {
      id: string;
    };
    await addTask(page, 'Rake the leaves');
    await row(page, 'Rake').getByRole('button').click();
    const place = async () => {
      const [task] = (await api(page, 'GET', '/tasks')) as { project_id: string; section_id: string }[];
      return [task?.project_id, task?.section_id];
    };
    await page.getByRole('button', { name: 'Project: Inbox' }).click();
    await page.getByRole('menuitemradio', { name: 'Garden' }).click();
    await page.getByText('Moved “Rake the leaves”: House / Garden').waitFor();
    await expect.poll(place, patience).toEqual([id, section.id]);
    await page.getByRole('button', { name: 'Project: House / Garden' }).click();
    await page.getByRole('menuitemradio', { name: 'House' }).click();
    await page.getByRole('button', { name: 'Project: House', exact: true }).waitFor();
    await expect.poll(place, patience).toEqual([id, null]);
    await page.getByRole('button', { name: 'Undo' }).last().click();
    await page.getByRole('button', { name: 'Project: House / Garden' }).waitFor();
    await expect.poll(place, patience).toEqual([id, section.id]);
    // A time goes with the day, and comes back with it.
    const due = async () => {
      const [task] = (await api(page, 'GET', '/tasks')) as { due_date: string; due_time: string | null }[];
      return [task?.due_date === null, task?.due_time];
    };
    await page.getByRole('button', { name: /^Due: Today/ }).click();
    await page.getByLabel('Time').fill('09:30');
    await page.getByLabel('Time').blur();
    await expect.poll(due, patience).toEqual([false, '09:30']);
    await page.getByRole('button', { name: 'No date' }).click();
    await expect.poll(due, patience).toEqual([true, null]);
    await page.getByRole('button', { name: 'Undo' }).last().click();
    await expect.poll(due, patience).toEqual([false, '09:30']);
    // With another day it is gone from here, and so is its card.
    await page.getByRole('button', { name: /^Due: Today/ }).click();
    await page.getByRole('button', { name: 'Tomorrow' }).click();
    await page.getByText('Moved “Rake the leaves”: Tomorrow').waitFor();
    await row(page, 'Rake').waitFor({ state: 'detached' });
    await context.close();
  });
});
