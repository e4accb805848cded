import { expect } from 'vitest';
import { type Reply, startApp, type TestApp, type TestUser } from './app.ts';
import { createDatabaseLink, type DatabaseLink } from './database-link.ts';
import { responseStatus, waitUntil } from './process.ts';
import { type Client, newClient } from './tasks.ts';

export interface StaleSetup {
  /** Always reaches the database. Its changes are invisible to the other while the link is broken. */
  app: TestApp;
  line: DatabaseLink;
  /** Reaches the database through the link, and may serve stale responses. */
  lenient: TestApp;
  close(): Promise<void>;
}

export async function createStaleSetup(): Promise<StaleSetup> {
  const app = await startApp();
  const link = await createDatabaseLink(app);
  const lenient = await startApp({ SERVE_STALE: '1' }, link.viaLink);
  const line: DatabaseLink = {
    ...link,
    /** Resolves when that instance has noticed. */
    async restore() {
      await link.restore();
      await waitUntil(async () => (await responseStatus(`${lenient.url}/health/ready`)) === 200);
    },
  };
  return {
    app,
    line,
    lenient,
    async close() {
      await lenient.close();
      await line.close();
      await app.close();
    },
  };
}

/** A user with a task, and the paths of the cached responses. */
export async function newUserWithTasks(app: TestApp) {
  const client = await newClient(app);
  const { id } = await client.create({ title: 'kept', tags: ['home'] });
  const { v1, bare } = client.user;
  const list = `${v1}/tasks`;
  const paths = [list, v1, `${v1}/tasks/${id}`, `${v1}/tags`, `${bare}/tasks`, `${bare}/tasks/${id}`];
  return { client, id, list, paths };
}

export const get = (on: TestApp, path: string, { token }: Pick<TestUser, 'token'>, headers = {}) =>
  on.request('GET', path, { token, headers });

export const readAll = (on: TestApp, { user }: Client, paths: string[]) =>
  Promise.all(paths.map((path) => get(on, path, user)));

export const staleWarning = '110 - "Response is Stale"';

/** Checks that these are the cached responses, marked as stale. */
export function expectStale(replies: readonly Reply[], kept: readonly Reply[]): void {
  const essence = ({ status, text, headers }: Reply) => [status, text, headers.get('etag')];
  expect(replies.map(essence)).toEqual(kept.map(essence));
  for (const { status, headers } of replies) {
    expect([status, headers.get('warning')]).toEqual([200, staleWarning]);
    expect(headers.get('age')).toMatch(/^\d{1,2}$/);
  }
}

export function expectRefused({ status, headers, body }: Reply, code = 'SERVICE_UNAVAILABLE'): void {
  expect([status, body.error_code]).toEqual([503, code]);
  expect(headers.get('retry-after')).toMatch(/^\d+$/);
  expect(headers.get('warning')).toBeNull();
}

export async function expectAllRefused(replies: Promise<Reply>[]): Promise<void> {
  for (const reply of await Promise.all(replies)) expectRefused(reply);
}

/** Repeats a request until the last access events are so old that requests wait for new ones. */
export async function waitUntilAccessEventsAreOld(look: () => Promise<void>): Promise<void> {
  const begin = performance.now();
  while (performance.now() - begin < 1_200) await look();
}
