import { createCollection } from '@tanstack/db';
import { expect, test } from 'vitest';
import { newClient } from '../../../server/test/support/tasks.ts';
import { collectionOptions, taskCollectionOptions } from '../../src/tanstack-db/index.ts';
import { useApp } from '../support/duly.ts';
import { createDevice } from '../support/offline.ts';

const app = useApp();

test('collections of TanStack DB show what is there, and write tasks', async () => {
  const { user, create, list } = await newClient(app());
  const [milk, bread] = [await create({ title: 'milk' }), await create({ title: 'bread' })];
  const offline = await createDevice(app(), user).open();
  await offline.sync();
  const tasks = createCollection(taskCollectionOptions(offline));
  const projects = createCollection(collectionOptions(offline, offline.projects));
  await Promise.all([tasks.preload(), projects.preload()]);
  const titles = () => tasks.toArray.map(({ title }) => title).sort();
  expect([titles(), projects.size]).toEqual([['bread', 'milk'], 0]);

  const updated = tasks.update(milk.id, (draft) => {
    draft.title = 'oat milk';
  });
  expect(titles()).toEqual(['bread', 'oat milk']);
  await updated.isPersisted.promise;
  await tasks.delete(bread.id).isPersisted.promise;
  await offline.tasks.create({ title: 'eggs' });
  await offline.projects.create({ name: 'Home' });
  expect([titles(), projects.toArray[0]?.name]).toEqual([['eggs', 'oat milk'], 'Home']);
  await offline.sync();
  expect((await list()).map(({ title }) => title).sort()).toEqual(['eggs', 'oat milk']);
  expect([titles(), tasks.size, projects.size]).toEqual([['eggs', 'oat milk'], 2, 1]);
  await Promise.all([tasks.cleanup(), projects.cleanup()]);
});
