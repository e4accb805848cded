import { describe, expect, test } from 'vitest';
import { api, hasBrowser, row, saved, useWebApp } from './support/web-app.ts';

if (!hasBrowser) console.warn('skipped: the charts of the web app, for want of Chromium in /usr/bin');

const dayMs = 86_400_000;
const dayBefore = (days: number) => new Date(Date.now() - days * dayMs).toISOString().slice(0, 10);

describe.skipIf(!hasBrowser)('the charts of the web app', () => {
  const web = useWebApp();

  test('show what was done, what is overdue and what is open, to look at, to hear and to read', async () => {
    const { page, context } = await web().newDevice({ timezoneId: 'UTC' });
    await web().signUp(page);
    await api(page, 'PATCH', '', { time_zone: 'UTC' });
    const { id } = (await api(page, 'POST', '/projects', { name: 'House' })) as { id: string };
    const create = (fields: object) => api(page, 'POST', '/tasks', fields) as Promise<{ id: string }>;
    const done = await create({ title: 'done', due_date: dayBefore(5) });
    await api(page, 'PATCH', `/tasks/${done.id}/complete`, { completed: true });
    const repeated = await create({ title: 'daily', due_date: dayBefore(0), recurrence: 'FREQ=DAILY' });
    await api(page, 'PATCH', `/tasks/${repeated.id}/complete`, { completed: true });
    const late = await create({ title: 'late', due_date: dayBefore(3), project_id: id });
    await create({ title: 'part', parent_id: late.id });
    await page.goto(`${web().app.url}/inbox`);
    await row(page, 'daily').waitFor();

    await page.keyboard.press('g');
    await page.keyboard.press('c');
    await page.getByRole('heading', { name: 'Charts', level: 1 }).waitFor();
    const tiles = () => page.locator('.tile').allInnerTexts();
    await expect
      .poll(async () => (await tiles()).map((text) => text.split('\n').slice(0, 2)))
      .toEqual([
        ['Done today', '2'],
        ['Done in 7 days', '2'],
        ['Overdue', '1'],
        ['Open', '2'],
      ]);

    // With the keys, day by day.
    const chart = page.getByRole('slider', { name: 'Done each day' });
    expect(await chart.getAttribute('aria-valuetext')).toMatch(/: 2 done$/);
    await chart.focus();
    await page.keyboard.press('ArrowLeft');
    await expect.poll(() => chart.getAttribute('aria-valuetext')).toMatch(/: 0 done$/);
    await page.keyboard.press('Home');
    await expect.poll(() => chart.getAttribute('aria-valuenow')).toBe('1');
    expect(await chart.locator('.chart-bar').count()).toBe(30);
    await page.getByRole('radio', { name: '90 days' }).check({ force: true });
    await expect.poll(() => chart.locator('.chart-bar').count()).toBe(90);

    // The same as a table.
    const figure = page.getByRole('figure', { name: 'Overdue at the end of the day' });
    await figure.getByText('As a table').click();
    expect(await figure.getByRole('row').nth(1).getByRole('cell').allInnerTexts()).toEqual(['1']);
    const projects = page.getByRole('figure', { name: 'Open in each project' }).getByRole('listitem');
    await expect
      .poll(async () => (await projects.allInnerTexts()).map((text) => text.replace(/\s+/g, ' ')).sort())
      .toEqual(['House 1 open · 1 overdue', 'Inbox 1 open']);

    // Out of the mirror: without a network too, and at once.
    await context.setOffline(true);
    await page.getByRole('link', { name: 'House' }).first().click();
    await page.getByRole('checkbox', { name: 'Complete “late”' }).click({ force: true });
    await row(page, 'late').waitFor({ state: 'detached' });
    await page.goBack();
    await expect.poll(async () => (await tiles())[0]).toBe('Done today\n3');
    await context.setOffline(false);
    await saved(page);
    await context.close();
  });
});
