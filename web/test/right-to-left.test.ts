import type { Locator, Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { settled } from './support/accessibility.ts';
import { api, hasBrowser, row, useWebApp } from './support/web-app.ts';

if (!hasBrowser) console.warn('skipped: the web app from right to left, for want of Chromium in /usr/bin');

/** What of the page is beyond the left or the right edge of the window, except what is not to be seen or scrolls. */
const overflowing = (page: Page) =>
  page.evaluate(`[...document.querySelectorAll('body *')].filter((element) => {
    if (!element.checkVisibility({ visibilityProperty: true, opacityProperty: true })) return false;
    if (element.closest('.visually-hidden, .skip-link, .toast-quiet, .tabs, .table-scroll')) return false;
    const { left, right, width } = element.getBoundingClientRect();
    return width > 0 && (left < -1 || right > document.documentElement.clientWidth + 1);
  }).map(({ className, textContent }) => (className.baseVal ?? className) + ' ' + textContent.slice(0, 40)).concat(
    document.documentElement.scrollWidth > document.documentElement.clientWidth ? ['the page scrolls'] : [])`);

interface Box {
  left: number;
  right: number;
}

async function boxOf(locator: Locator): Promise<Box> {
  const box = await locator.boundingBox();
  if (box === null) throw new Error(`${locator} is not shown`);
  return { left: box.x, right: box.x + box.width };
}

const scaleOf = (page: Page, selector: string) =>
  page.evaluate(`getComputedStyle(document.querySelector('${selector}')).scale`);

describe.skipIf(!hasBrowser)('the web app in a language from right to left', () => {
  const web = useWebApp();

  /** The app has no such language yet: its scripts come with English as one. */
  async function newDevice(width: number) {
    const device = await web().newDevice({
      viewport: { width, height: 844 },
      reducedMotion: 'reduce',
    });
    // A service worker would bring the scripts as they are.
    await device.context.addInitScript('delete Navigator.prototype.serviceWorker');
    await device.context.route('**/_next/static/**/*.js', async (route) => {
      const response = await route.fetch();
      const body = (await response.text()).replace('["ar","fa","he","ur"]', '["ar","fa","he","ur","en"]');
      await route.fulfill({ response, body });
    });
    return device;
  }

  async function fill(page: Page) {
    const create = (path: string, body: object) => api(page, 'POST', path, body) as Promise<{ id: string }>;
    const today = new Date().toISOString().slice(0, 10);
    const { id } = await create('/projects', { name: 'بيت جديد', color: '#d98324' });
    await create('/projects', { name: 'House' });
    const { id: section } = await create(`/projects/${id}/sections`, { name: 'سقف' });
    const task = await create('/tasks', {
      title: 'إصلاح السقف قبل المطر، ثم طلاء الباب والنوافذ كلها',
      description: 'اتصل بثلاثة عمال',
      due_date: today,
      due_time: '23:30',
      tags: ['منزل', 'phone'],
      project_id: id,
      section_id: section,
      priority: 'High',
    });
    await create('/tasks', { title: 'جزء', parent_id: task.id });
    await create('/tasks', { title: 'Call Ida', due_date: today, recurrence: 'FREQ=DAILY', project_id: id });
    await create('/tasks', { title: 'Late', due_date: '2026-01-01' });
    await create('/views', { name: 'مهم', parameters: {} });
    return id;
  }

  test.each([1280, 390])('is mirrored, and nothing is cut off, at %i pixels', async (width) => {
    const isNarrow = width < 760;
    const { page, context } = await newDevice(width);
    const look = async (what: string) => {
      await settled(page);
      expect(await overflowing(page), what).toEqual([]);
    };
    await page.goto(`${web().app.url}/sign-in`);
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    expect(await page.evaluate('document.documentElement.dir')).toBe('rtl');
    await look('sign-in');
    await web().signUp(page);
    const project = await fill(page);
    for (const path of [
      ...['/upcoming', '/inbox', '/completed', '/search?q=call', '/charts', '/trash', `/projects/${project}`],
      ...[
        '/settings',
        '/settings/notifications',
        '/settings/account',
        '/settings/sessions',
        '/settings/data',
      ],
    ]) {
      await page.goto(web().app.url + path);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await look(path);
    }
    await page.goto(`${web().app.url}/today`);
    const task = row(page, 'إصلاح');
    await task.waitFor();
    await look('/today');

    // A row: the circle at the right, then the title, whatever its language; the grip of a phone at the left.
    for (const one of [task, row(page, 'Call Ida')]) {
      const [check, text] = [await boxOf(one.locator('.check')), await boxOf(one.locator('.row-text'))];
      expect(check.left).toBeGreaterThanOrEqual(text.right);
      const start = await page.evaluate(
        `getComputedStyle([...document.querySelectorAll('.row-text')].at(-1)).textAlign`,
      );
      expect(start).toBe('right');
    }
    expect(await scaleOf(page, '.meta .icon-subtask')).toBe('-1 1');

    // The sidebar: at the right, with its counts at their left.
    if (isNarrow) await page.getByRole('button', { name: 'More', exact: true }).click();
    await settled(page);
    const sidebar = await boxOf(page.locator('.sidebar'));
    expect(sidebar.right).toBe(width);
    if (!isNarrow) expect((await boxOf(page.locator('.main'))).right).toBe(sidebar.left);
    const item = page.locator('.nav-item').filter({ hasText: 'Today' });
    expect((await boxOf(item.locator('.nav-count'))).right).toBeLessThan(
      (await boxOf(item.locator('.nav-text'))).left + 1,
    );
    expect((await boxOf(item.locator('.nav-mark'))).left).toBeGreaterThan(
      (await boxOf(item.locator('.nav-text'))).right,
    );
    expect(await scaleOf(page, '.icon-go')).toBe('-1 1');
    await look('sidebar');
    await page.getByRole('button', { name: 'Account of Ada' }).click();
    await look('the menu of the account');
    await page.keyboard.press('Escape');
    if (isNarrow) await page.keyboard.press('Escape');

    // An open task, and its calendar: the arrow to the left is a day later, and the later month is at the left.
    await task.locator('.row-title').click();
    await page.getByRole('textbox', { name: 'Notes' }).waitFor();
    await look('an open task');
    await page.getByRole('button', { name: /^Due:/ }).click();
    await look('its days');
    const [previous, next] = [
      await boxOf(page.getByRole('button', { name: 'Previous month' })),
      await boxOf(page.getByRole('button', { name: 'Next month' })),
    ];
    expect(next.right).toBeLessThan(previous.left);
    expect(await scaleOf(page, '.calendar-head .icon-chevron')).toBe('-1 1');
    const focused = page.locator('.calendar-day[tabindex="0"]');
    await focused.focus();
    const before = await boxOf(focused);
    const days = page.locator('.calendar-day');
    const labels = await days.evaluateAll((all) => all.map((one) => one.getAttribute('aria-label')));
    const at = labels.indexOf(await focused.getAttribute('aria-label'));
    await page.keyboard.press('ArrowLeft');
    await expect.poll(() => focused.getAttribute('aria-label')).toBe(labels[at + 1]);
    const after = await boxOf(focused);
    // A day later is at the left, except at the end of a week.
    if ((at + 1) % 7 !== 0) expect(after.right).toBeLessThanOrEqual(before.left + 1);
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => focused.getAttribute('aria-label')).toBe(labels[at]);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Done' }).click();

    await page.keyboard.press('Control+k');
    await page.getByRole('dialog').getByRole('combobox').fill('بيت');
    await page.getByRole('option', { name: 'بيت جديد' }).waitFor();
    await look('the palette');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'More for this list' }).click();
    await look('the menu of the list');
    await page.getByRole('menuitem', { name: 'Select tasks' }).click();
    await page.getByRole('checkbox', { name: 'Select “Late”' }).check();
    await page.getByRole('toolbar').waitFor();
    await look('a selection');
    for (const name of ['Due', 'Priority', 'Project']) {
      await page.getByRole('toolbar').getByRole('button', { name }).click();
      await look(name);
      await page.keyboard.press('Escape');
    }
    await context.close();
  });

  test('moves what is dragged to where it is let go', async () => {
    const { page, context } = await newDevice(1280);
    await web().signUp(page);
    const { id } = (await api(page, 'POST', '/projects', { name: 'House' })) as { id: string };
    await api(page, 'POST', '/projects', { name: 'Garden' });
    for (const title of ['roof', 'walls', 'floor'])
      await api(page, 'POST', '/tasks', { title, project_id: id });
    await page.goto(`${web().app.url}/projects/${id}`);
    await row(page, 'walls').hover();
    const grip = await row(page, 'walls').locator('.row-grip').boundingBox();
    const target = await row(page, 'roof').boundingBox();
    const text = await boxOf(row(page, 'walls').locator('.row-text'));
    if (grip === null || target === null) throw new Error('a row is not shown');
    expect(grip.x).toBeGreaterThan(text.right);
    const titles = () => page.locator('.row-text').allInnerTexts();
    const [first] = await titles();
    const isDown = first === 'roof';
    await page.mouse.move(grip.x + 8, grip.y + 20);
    await page.mouse.down();
    await page.mouse.move(grip.x + 8, target.y + (isDown ? 4 : target.height - 4), { steps: 5 });
    await page.locator('[data-row][data-drop]').waitFor();
    await page.mouse.up();
    await expect.poll(titles).toEqual(isDown ? ['walls', 'roof', 'floor'] : ['floor', 'roof', 'walls']);

    const from = await page.getByRole('link', { name: 'Garden' }).boundingBox();
    const to = await page.getByRole('link', { name: 'House' }).boundingBox();
    if (from === null || to === null) throw new Error('an item is not shown');
    await page.mouse.move(from.x + from.width - 60, from.y + 10);
    await page.mouse.down();
    await page.mouse.move(from.x + from.width - 60, to.y + 4, { steps: 8 });
    await page.locator('[data-move][data-drop="before"]').waitFor();
    await page.mouse.up();
    await expect
      .poll(() => page.locator('[data-move^="projects "] .nav-text').allInnerTexts())
      .toEqual(['Garden', 'House']);
    await context.close();
  });
});
