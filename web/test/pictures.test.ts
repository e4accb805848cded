import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { describe, test } from 'vitest';
import { api, hasBrowser, row, saved, useWebApp } from './support/web-app.ts';

const isWanted = process.env.DULY_SCREENSHOTS === '1';
const folder = fileURLToPath(new URL('../../docs/screenshots/', import.meta.url));
const dayMs = 86_400_000;
const day = (days: number) => new Date(Date.now() + days * dayMs).toISOString().slice(0, 10);

interface Made {
  id: string;
}

/** Projects, a view, tags, and tasks from yesterday until next week. @returns the id of the project that is shown */
async function fill(page: Page): Promise<string> {
  const create = (path: string, body: object) => api(page, 'POST', path, body) as Promise<Made>;
  await api(page, 'PATCH', '', { time_zone: 'UTC' });
  const home = await create('/projects', { name: 'Home', color: '#d98324' });
  const launch = await create('/projects', { name: 'Product launch', color: '#2f7fd1' });
  const trip = await create('/projects', { name: 'Lisbon trip', color: '#c2478f' });
  const before = await create(`/projects/${launch.id}/sections`, { name: 'Before the launch' });
  const afterwards = await create(`/projects/${launch.id}/sections`, { name: 'Afterwards' });
  await create('/views', { name: 'Urgent this week', parameters: { priority: 'High', due: 'week' } });
  const inLaunch = { project_id: launch.id };
  const early = { ...inLaunch, section_id: before.id };
  const late = { ...inLaunch, section_id: afterwards.id };
  await create('/tasks', { title: 'Collect feedback', tags: ['deep-work'], ...late });
  await create('/tasks', { title: 'Thank the testers', ...late });
  await create('/tasks', { title: 'Draft the announcement', due_date: day(2), ...early });
  const plan = await create('/tasks', {
    title: 'Review the launch plan',
    description: 'Numbers first, then the story. Ask Noor about the budget.',
    due_date: day(0),
    due_time: '21:30',
    priority: 'High',
    tags: ['deep-work'],
    ...early,
  });
  await create(`/tasks/${plan.id}/reminders`, { relative_to: 'due', minutes_before: 30 });
  for (const title of ['Agree on a date', 'Read the draft aloud', 'Check the figures']) {
    const part = await create('/tasks', { title, parent_id: plan.id });
    if (title.startsWith('Check'))
      await api(page, 'PATCH', `/tasks/${part.id}/complete`, { completed: true });
  }
  await create('/tasks', { title: 'Choose a name for the newsletter', ...inLaunch });
  await create('/tasks', {
    title: 'Send the signed contract back',
    due_date: day(-1),
    priority: 'High',
    ...inLaunch,
  });
  await create('/tasks', {
    title: 'Pay rent',
    due_date: day(3),
    recurrence: 'FREQ=MONTHLY',
    tags: ['bank'],
    project_id: home.id,
  });
  await create('/tasks', {
    title: 'Water the plants',
    due_date: day(0),
    recurrence: 'FREQ=DAILY;INTERVAL=3',
    tags: ['home'],
    project_id: home.id,
  });
  await create('/tasks', { title: 'Find a flat by the river', project_id: trip.id });
  await create('/tasks', {
    title: 'Book the flights',
    due_date: day(1),
    priority: 'High',
    project_id: trip.id,
  });
  await create('/tasks', { title: 'Call Grandma', due_date: day(0), due_time: '23:00', tags: ['phone'] });
  await create('/tasks', {
    title: 'Buy oat milk and bread',
    due_date: day(0),
    priority: 'Low',
    tags: ['errands'],
  });
  await create('/tasks', { title: 'Ask the bank for a card', tags: ['phone'] });
  await create('/tasks', { title: 'Look for a choir' });
  await create('/tasks', { title: 'Sort the photographs of the summer' });
  for (const title of ['Renew the passport', 'Mend the bicycle', 'Return the books']) {
    const done = await create('/tasks', { title });
    await api(page, 'PATCH', `/tasks/${done.id}/complete`, { completed: true });
  }
  return launch.id;
}

describe.skipIf(!hasBrowser || !isWanted)('pictures of the web app', () => {
  const web = useWebApp();

  test('are taken for web/README.md and docs/start', async () => {
    const size = { width: 1280, height: 860 };
    const { page, context } = await web().newDevice({
      viewport: size,
      colorScheme: 'light',
      timezoneId: 'UTC',
      reducedMotion: 'reduce',
    });
    const take = async (name: string) => {
      await saved(page);
      await page.mouse.move(0, 0);
      await page.screenshot({ path: `${folder}${name}.png`, animations: 'disabled' });
    };
    const show = async (path: string, title: string) => {
      await page.goto(web().app.url + path);
      await row(page, title).waitFor();
    };
    await web().signUp(page);
    const project = await fill(page);
    await show('/today', 'Send the signed contract back');
    await take('today-light');
    await show('/upcoming', 'Pay rent');
    await take('upcoming-light');
    await page.emulateMedia({ colorScheme: 'dark' });
    await show(`/projects/${project}`, 'Thank the testers');
    await take('project-dark');
    await show('/today', 'Review the launch plan');
    await row(page, 'Review the launch plan').locator('.row-title').click();
    await page.getByText('Read the draft aloud').waitFor();
    await take('task-dark');

    await page.setViewportSize({ width: 390, height: 844 });
    await page.emulateMedia({ colorScheme: 'light' });
    await show('/today', 'Send the signed contract back');
    await page.screenshot({ path: `${folder}today-phone-light.png`, animations: 'disabled' });
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.getByRole('button', { name: 'Add a task' }).and(page.locator('.bar-add')).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('combobox').fill('Call Ada tomorrow at 5pm @phone !high');
    await dialog.getByRole('list', { name: 'Understood' }).waitFor();
    await page.screenshot({ path: `${folder}quick-add-phone-dark.png`, animations: 'disabled' });
    await context.close();
  });
});
