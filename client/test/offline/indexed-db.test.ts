import { IDBFactory } from 'fake-indexeddb';
import { expect, test } from 'vitest';
import { newClient } from '../../../server/test/support/tasks.ts';
import { indexedDbStore } from '../../src/offline/index.ts';
import { useApp } from '../support/duly.ts';
import { createDevice, titlesOf } from '../support/offline.ts';

const app = useApp();

test('a database keeps keys and values, and saves all changes or none', async () => {
  const factory = new IDBFactory();
  const store = indexedDbStore('duly-ada', factory);
  expect(await store.load()).toEqual(new Map());
  await store.save(
    new Map<string, unknown>([
      ['a', { list: [1] }],
      ['b', 'text'],
      ['c', null],
    ]),
  );
  await store.save(new Map([['b', undefined]]));
  const unsaved = new Map<string, unknown>([
    ['d', 1],
    ['e', () => 'no value of a database'],
  ]);
  await expect(store.save(unsaved)).rejects.toThrow();
  expect(await indexedDbStore('duly-ada', factory).load()).toEqual(
    new Map<string, unknown>([
      ['a', { list: [1] }],
      ['c', null],
    ]),
  );
  expect(await indexedDbStore('duly-ben', factory).load()).toEqual(new Map());
  await store.clear();
  expect(await indexedDbStore('duly-ada', factory).load()).toEqual(new Map());
});

test('what was loaded before another tab has cleared the database is not saved any more', async () => {
  const factory = new IDBFactory();
  const [first, second] = [indexedDbStore('duly-ada', factory), indexedDbStore('duly-ada', factory)];
  await first.load();
  await second.clear();
  expect(await first.save(new Map([['a', 1]]))).toBe(false);
  expect(await first.load()).toEqual(new Map());
  await first.save(new Map([['b', 2]]));
  await second.save(new Map([['c', 3]]));
  expect(await second.load()).toEqual(
    new Map([
      ['b', 2],
      ['c', 3],
    ]),
  );
});

test('a database that another part of the page deletes is made anew', async () => {
  const factory = new IDBFactory();
  const store = indexedDbStore('duly-ada', factory);
  await store.save(new Map([['a', 1]]));
  const request = factory.deleteDatabase('duly-ada');
  await new Promise((resolve, reject) => {
    request.onsuccess = resolve;
    request.onerror = reject;
  });
  await store.save(new Map([['b', 2]]));
  expect(await store.load()).toEqual(new Map([['b', 2]]));
});

test('mirror and queue are there again after a restart, and nothing is left after signing out', async () => {
  const { user, create, list } = await newClient(app());
  await create({ title: 'from elsewhere' });
  const factory = new IDBFactory();
  const device = () =>
    createDevice(app(), user, { store: indexedDbStore(`duly-${user.id}`, factory) }).open();
  const first = await device();
  await first.sync();
  await first.tasks.create({ title: 'from here' });
  await first.close();
  const second = await device();
  expect([titlesOf(second), second.pending()]).toEqual([['from elsewhere', 'from here'], 1]);
  await second.sync();
  expect(await list()).toHaveLength(2);
  await second.signOut();
  const third = await device();
  expect([third.tasks.all(), third.profiles.all(), third.pending()]).toEqual([[], [], 0]);
  await third.close();
});
