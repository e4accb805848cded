import { expect } from 'vitest';
import { type Reply, startApp, type TestApp, type TestUser } from './app.ts';
import { createDatabaseLink, type DatabaseLink } from './database-link.ts';
import { type Client, newClient } from './tasks.ts';

export interface StaleSetup {
  /** Reaches the database always: what it changes, the others cannot see while they are cut off. */
  app: TestApp;
  line: DatabaseLink;
  /** Reaches it over the line, and may serve what is out of date. */
  lenient: TestApp;
  close(): Promise<void>;
}

export async function createStaleSetup(): Promise<StaleSetup> {
  const app = await startApp();
  const line = await createDatabaseLink(app);
  const lenient = await startApp({ SERVE_STALE: '1' }, line.viaLink);
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

/** A user, and what is kept of such a user. */
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

/** Whether these are the kept answers, and say so. */
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

/** Looks again and again, until requests wait for news of tokens and users: those from before are too old then. */
export async function waitUntilAccessEventsAreOld(look: () => Promise<void>): Promise<void> {
  const begin = performance.now();
  while (performance.now() - begin < 1_200) await look();
}
