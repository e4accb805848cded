import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { startApp, type TestApp } from '../../../server/test/support/app.ts';
import { chromiumPath, launchBrowser } from '../../../server/test/support/browser.ts';
import { responseStatus } from '../../../server/test/support/process.ts';

export const hasBrowser = chromiumPath !== undefined;
export const password = 'gentle-otter-42';

const inWeb = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

export interface Device {
  context: BrowserContext;
  page: Page;
}

export interface WebBrowser {
  /** A browser of its own, that has nothing stored. */
  newDevice(options?: BrowserContextOptions): Promise<Device>;
  /** Signs a new user up, as a person does. @returns the email address */
  signUp(page: Page): Promise<string>;
  signIn(page: Page, email: string, password?: string): Promise<void>;
}

export interface WebApp extends WebBrowser {
  app: TestApp;
}

type Settings = Record<string, string>;

/** Builds the app, unless it is built. @returns the setting of a server that serves it */
export function buildWebApp(): { WEB_DIRECTORY: string } {
  const { status, stderr } = spawnSync(process.execPath, [inWeb('scripts/build.mjs')], {
    encoding: 'utf8',
    env: { ...process.env, NODE_V8_COVERAGE: '' },
  });
  expect(status, stderr).toBe(0);
  return { WEB_DIRECTORY: inWeb('dist') };
}

/**
 * Starts Chromium for the tests of a file. Its pages may not complain.
 * @param urlOf what serves the app, which may start with a test
 */
export function useBrowser(urlOf: () => string): WebBrowser {
  let browser: Browser;
  /** What a page should never do: requests to other hosts, errors, violations of the policy. */
  const complaints: string[] = [];

  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    expect(complaints).toEqual([]);
  });

  function watch(page: Page): void {
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      // The browser reports requests that fail too, as they do offline.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load'))
        complaints.push(message.text());
    });
    page.on('request', (request) => {
      if (!request.url().startsWith(urlOf()) && !/^(?:data|blob):/.test(request.url()))
        complaints.push(request.url());
    });
  }

  return {
    async newDevice(options = {}) {
      const context = await browser.newContext({
        viewport: { width: 1280, height: 900 },
        locale: 'en-GB',
        ...options,
      });
      context.on('page', watch);
      return { context, page: await context.newPage() };
    },
    async signUp(page) {
      const email = `ada.${crypto.randomUUID()}@example.com`;
      await page.goto(`${urlOf()}/sign-up`);
      await page.getByLabel('Your name').fill('Ada');
      await page.getByLabel('Email address').fill(email);
      await page.getByLabel('Password', { exact: true }).fill(password);
      await page.getByRole('button', { name: 'Create account' }).click();
      await page.getByRole('heading', { name: 'Today', level: 1 }).waitFor();
      return email;
    },
    async signIn(page, email, word = password) {
      await page.goto(`${urlOf()}/sign-in`);
      await page.getByLabel('Email address').fill(email);
      await page.getByLabel('Password', { exact: true }).fill(word);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('heading', { name: 'Today', level: 1 }).waitFor();
    },
  };
}

/**
 * Builds the app, has a server serve it, and starts Chromium, for the tests of a file.
 * @param settings of the server, by the names of its environment, or what makes them before its start
 */
export function useWebApp(settings: Settings | (() => Promise<Settings>) = {}): () => WebApp {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({
      ...buildWebApp(),
      ...(typeof settings === 'function' ? await settings() : settings),
    });
  });
  afterAll(async () => {
    // A server that closes waits for connections without a request.
    await Promise.all(Array.from({ length: 20 }, () => responseStatus(`${app.url}/health/live`)));
    await app?.close();
  });
  // Closed before the server.
  const browser = useBrowser(() => app.url);
  return () => ({ app, ...browser });
}

export async function addTask(page: Page, text: string): Promise<void> {
  const input = page.getByRole('combobox', { name: 'Add a task' });
  await input.fill(text);
  await input.press('Enter');
}

/** Presses the button, and says yes to what the app then asks. */
export async function confirming(page: Page, press: () => Promise<void>): Promise<void> {
  await press();
  await page.getByRole('alertdialog').getByRole('button').last().click();
}

/** Presses the button, and gives the name that the app then asks for. */
export async function answering(page: Page, name: string, press: () => Promise<void>): Promise<void> {
  await press();
  const input = page.getByRole('dialog').getByRole('textbox', { name: 'Name' });
  await input.fill(name);
  await input.press('Enter');
}

export const row = (page: Page, title: string) => page.locator('[data-row]').filter({ hasText: title });

/** Everything is on the server. */
export const saved = (page: Page) => page.getByText('Everything is saved').waitFor();

/** A request in the name of who is signed in on the page. */
export function api(page: Page, method: string, path: string, body?: object): Promise<unknown> {
  return page.evaluate(
    async ([verb, below, sent]) => {
      const { token } = (await (await fetch('/api/auth/token')).json()) as { token: string };
      const response = await fetch(`/api/v1/users/me${below}`, {
        method: verb,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        ...(sent && { body: JSON.stringify(sent) }),
      });
      return ((await response.json()) as { data: unknown }).data;
    },
    [method, path, body] as const,
  );
}
