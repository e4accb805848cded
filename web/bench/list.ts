import type { Browser, CDPSession, Page } from 'playwright-core';

/** Today of a user who has many tasks. */
export interface OpenList {
  page: Page;
  devtools: CDPSession;
  url: string;
}

interface ListOptions {
  url: string;
  tasks: number;
  slowdown: number;
}

const viewport = { width: 1280, height: 900 };

/**
 * What the browser notes of each page: long tasks, paints, and how long interactions took (Event Timing,
 * https://www.w3.org/TR/event-timing/, which leaves out those below 16 ms).
 */
const observe = `
  globalThis.noted = { longtask: [], event: [], 'largest-contentful-paint': [], 'layout-shift': [] };
  for (const type of Object.keys(noted))
    new PerformanceObserver((list) => noted[type].push(...list.getEntries())).observe({
      type, buffered: true, ...(type === 'event' && { durationThreshold: 16 }),
    });
`;

/** Signs a new user up, who has `tasks` tasks due today. */
export async function openList(browser: Browser, { url, tasks, slowdown }: ListOptions): Promise<OpenList> {
  const context = await browser.newContext({ viewport, locale: 'en-GB' });
  const page = await context.newPage();
  await page.goto(`${url}/sign-up`);
  await page.getByLabel('Your name').fill('Ada');
  await page.getByLabel('Email address').fill(`ada.${crypto.randomUUID()}@example.com`);
  await page.getByLabel('Password', { exact: true }).fill('gentle-otter-42');
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.getByRole('heading', { name: 'Today', level: 1 }).waitFor();
  await page.evaluate(addTasks, tasks);
  await page.goto(`${url}/today`);
  await page.locator('[data-row]').first().waitFor();
  await page.getByText('Everything is saved').waitFor({ state: 'attached' });
  await context.addInitScript(observe);
  const devtools = await context.newCDPSession(page);
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: slowdown });
  await devtools.send('Performance.enable');
  return { page, devtools, url };
}

/** Runs in the page. */
async function addTasks(count: number): Promise<void> {
  const { token } = (await (await fetch('/api/auth/token')).json()) as { token: string };
  const post = async (path: string, body: object) => {
    const response = await fetch(`/api/v1/users/me${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`POST ${path}: ${response.status}`);
  };
  await post('/projects', { name: 'House', color: '#d98324' });
  const due_date = new Date().toISOString().slice(0, 10);
  const create = (index: number) => ({
    op: 'create',
    title: `Task ${index}`,
    due_date,
    priority: ['High', 'Medium', 'Low'][index % 3],
    tags: index % 2 === 0 ? [] : ['home'],
  });
  for (let first = 0; first < count; first += 100) {
    const length = Math.min(100, count - first);
    await post('/tasks/bulk', { operations: Array.from({ length }, (_, index) => create(first + index)) });
  }
}

/** Until nothing is left to be done for what has just happened. */
export const idle = (page: Page): Promise<void> =>
  page.evaluate(`new Promise((resolve) =>
    requestAnimationFrame(() => requestAnimationFrame(() => requestIdleCallback(() => resolve()))))`);
