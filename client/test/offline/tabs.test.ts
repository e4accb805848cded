import { randomUUID } from 'node:crypto';
import { IDBFactory } from 'fake-indexeddb';
import { afterEach, expect, test, vi } from 'vitest';
import { newClient } from '../../../server/test/support/tasks.ts';
import { indexedDbStore, type Offline, type OfflineOptions } from '../../src/offline/index.ts';
import { record, useApp } from '../support/duly.ts';
import { createDevice, titlesOf } from '../support/offline.ts';

const app = useApp();

const opened: Offline[] = [];
afterEach(async () => {
  vi.unstubAllGlobals();
  await Promise.all(opened.splice(0).map((tab) => tab.close()));
});

/** Tabs of one browser: they share a database, locks and a channel. */
function createBrowser(user: { token: string }) {
  const factory = new IDBFactory();
  const name = `duly-${randomUUID()}`;
  return async (options: Partial<OfflineOptions> = {}) => {
    const { fetch: send, requests } = record(fetch);
    const store = indexedDbStore(name, factory);
    const tab = await createDevice(app(), user, { store, fetch: send, ...options }).open();
    opened.push(tab);
    return { tab, requests };
  };
}

const until = (condition: () => boolean) => vi.waitUntil(condition, 60_000);

/** Node.js has Web Locks from 24.5 on. Without them each tab leads, as another test says. */
const withLocks = test.skipIf(globalThis.navigator?.locks === undefined);

withLocks('one tab leads: it sends what the others write, and they show what it reads', async () => {
  const { user, create, list } = await newClient(app());
  const open = createBrowser(user);
  const [first, second] = [await open(), await open()];
  first.tab.start();
  await until(() => first.requests.length > 0);
  second.tab.start();
  const id = await second.tab.tasks.create({ title: 'second' });
  await until(() => second.tab.pending() === 0);
  await create({ title: 'elsewhere' });
  await until(() => titlesOf(second.tab).includes('elsewhere'));
  expect((await list()).map(({ title }) => title).sort()).toEqual(['elsewhere', 'second']);
  expect(second.tab.tasks.get(id)).toMatchObject({ title: 'second', version: 1 });
  expect(first.tab.tasks.all()).toEqual(second.tab.tasks.all());
  await second.tab.sync();
  expect(second.requests).toEqual([]);
});

test('when the tab that leads is closed, another one goes on where it was', async () => {
  const { user, create } = await newClient(app());
  const open = createBrowser(user);
  const [first, second] = [await open(), await open()];
  first.tab.start();
  await until(() => first.tab.profiles.all().length > 0);
  second.tab.start();
  await first.tab.close();
  await second.tab.tasks.create({ title: 'second' });
  await until(() => second.tab.pending() === 0);
  await create({ title: 'elsewhere' });
  await until(() => titlesOf(second.tab).includes('elsewhere'));
  expect(second.requests.filter(({ path }) => /changes$/.test(path))).toEqual([]);
});

test.each([
  ['Web Locks', 'navigator'],
  ['BroadcastChannel', 'BroadcastChannel'],
])('without %s every tab syncs for itself, and each write is done once', async (_, name) => {
  vi.stubGlobal(name, undefined);
  const { user, list } = await newClient(app());
  const open = createBrowser(user);
  const [first, second] = [await open(), await open()];
  for (const { tab } of [first, second]) tab.start();
  const ids = await Promise.all(
    [first, second].map(({ tab }, index) => tab.tasks.create({ title: `${index}` })),
  );
  await Promise.all(
    [first, second].map(({ tab }, index) => tab.tasks.update(ids[index] ?? '', { priority: 'High' })),
  );
  await until(() => [first, second].every(({ tab }) => tab.pending() === 0 && tab.tasks.all().length === 2));
  expect((await list()).map(({ title, version }) => [title, version]).sort()).toEqual([
    ['0', 2],
    ['1', 2],
  ]);
});

test('signing out in one tab empties and closes all', async () => {
  const { user, create } = await newClient(app());
  await create({ title: 'secret' });
  const open = createBrowser(user);
  const [first, second] = [await open(), await open()];
  first.tab.start();
  second.tab.start();
  await until(() => titlesOf(second.tab).length === 1);
  await second.tab.signOut();
  await until(() => titlesOf(first.tab).length === 0);
  await expect(first.tab.tasks.create({ title: 'too late' })).rejects.toThrow('closed');
  const third = await open();
  expect([third.tab.tasks.all(), third.tab.profiles.all()]).toEqual([[], []]);
});

test('a tab that missed the message of the signing out stores nothing any more, and closes', async () => {
  vi.stubGlobal('BroadcastChannel', undefined);
  const { user, create } = await newClient(app());
  const open = createBrowser(user);
  const [first, second] = [await open(), await open()];
  await second.tab.signOut();
  await create({ title: 'secret' });
  await expect(first.tab.sync()).rejects.toThrow('closed');
  await expect(first.tab.tasks.create({ title: 'too late' })).rejects.toThrow('closed');
  expect(first.tab.tasks.all()).toEqual([]);
  const third = await open();
  expect([third.tab.tasks.all(), third.tab.profiles.all()]).toEqual([[], []]);
});
