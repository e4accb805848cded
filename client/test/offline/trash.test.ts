import { expect, test } from 'vitest';
import { newClient } from '../../../server/test/support/tasks.ts';
import type { Deleted } from '../../src/offline/index.ts';
import { useApp } from '../support/duly.ts';
import { createDevice, titlesOf } from '../support/offline.ts';

const app = useApp();

/** The newest deletion. */
const newest = (items: readonly Deleted<'task'>[]): Deleted<'task'> => {
  const [first] = items;
  if (first === undefined) throw new Error('the trash is empty');
  return first;
};

test('what is deleted offline is in the trash, and is restored from there before anything is sent', async () => {
  const { user, list } = await newClient(app());
  const phone = await createDevice(app(), user).open();
  const parent = await phone.tasks.create({ title: 'parent' });
  await phone.tasks.create({ title: 'child', parent_id: parent });
  await phone.sync();
  await phone.tasks.update(parent, { priority: 'High' });
  await phone.tasks.delete(parent, { children: 'delete' });
  expect(titlesOf(phone)).toEqual([]);
  expect(phone.tasks.trash().map(({ title }) => title)).toEqual(['parent', 'child']);
  await phone.tasks.restore(newest(phone.tasks.trash()).id);
  expect([titlesOf(phone).sort(), phone.tasks.trash()]).toEqual([['child', 'parent'], []]);
  expect(phone.tasks.get(parent)).toMatchObject({ title: 'parent', priority: 'High' });
  expect(phone.tasks.get(parent)).not.toHaveProperty('deleted_at');
  expect(phone.tasks.waiting()).toContain(phone.tasks.get(parent)?.id);
  await phone.sync();
  expect(phone.tasks.waiting()).toEqual([]);
  expect(phone.tasks.trash()).toEqual([]);
  const live = await list('?sort_by=title&sort_direction=asc');
  expect(live).toMatchObject([{ title: 'child' }, { title: 'parent', priority: 'High' }]);
  expect([...phone.tasks.all()].sort((a, b) => (a.title < b.title ? -1 : 1))).toEqual(live);
});

test('a device knows of deletions elsewhere, and restores them; after a restart too', async () => {
  const { user, list } = await newClient(app());
  const device = createDevice(app(), user);
  const phone = await device.open();
  const laptop = await createDevice(app(), user).open();
  await phone.tasks.create({ title: 'shared' });
  for (const one of [phone, laptop]) await one.sync();
  for (const { id } of laptop.tasks.all()) await laptop.tasks.delete(id);
  await laptop.sync();
  await phone.sync();
  await phone.close();

  const again = await device.open();
  expect(titlesOf(again)).toEqual([]);
  await again.tasks.restore(newest(again.tasks.trash()).id);
  expect(titlesOf(again)).toEqual(['shared']);
  await again.sync();
  await laptop.sync();
  expect(await list()).toMatchObject([{ title: 'shared' }]);
  for (const one of [again, laptop]) expect([titlesOf(one), one.tasks.trash()]).toEqual([['shared'], []]);
});

test('a project comes back with what was deleted with it, and not with what was deleted before', async () => {
  const { user, list } = await newClient(app());
  const phone = await createDevice(app(), user).open();
  const project_id = await phone.projects.create({ name: 'House' });
  await phone.sections.create({ project_id, name: 'Roof' });
  await phone.tasks.create({ title: 'kept', project_id });
  const gone = await phone.tasks.create({ title: 'gone before', project_id });
  await phone.sync();
  await phone.tasks.delete(gone);
  await phone.sync();
  await phone.projects.delete(project_id, { tasks: 'trash' });
  const [house] = phone.projects.trash();
  expect([house?.name, phone.sections.all(), titlesOf(phone)]).toEqual(['House', [], []]);
  if (house !== undefined) await phone.projects.restore(house.id);
  const shown = () => [
    phone.projects.all().map(({ name }) => name),
    phone.sections.all().map(({ name }) => name),
    titlesOf(phone),
    phone.tasks.trash().map(({ title }) => title),
  ];
  const expected = [['House'], ['Roof'], ['kept'], ['gone before']];
  expect(shown()).toEqual(expected);
  await phone.sync();
  expect(shown()).toEqual(expected);
  expect(await list()).toMatchObject([{ title: 'kept' }]);
});

test('a task that was made, deleted and restored offline is on the server once', async () => {
  const { user, list } = await newClient(app());
  const phone = await createDevice(app(), user).open();
  const id = await phone.tasks.create({ title: 'new' });
  await phone.tasks.delete(id);
  await phone.tasks.restore(id);
  await phone.tasks.update(id, { title: 'renamed' });
  expect(titlesOf(phone)).toEqual(['renamed']);
  await phone.sync();
  expect(await list()).toMatchObject([{ title: 'renamed' }]);
  expect(phone.tasks.get(id)?.title).toBe('renamed');
});

test('a list of the server makes older deletions known; what was removed for good is refused and forgotten', async () => {
  const { user } = await newClient(app());
  const laptop = createDevice(app(), user);
  for (const title of ['old', 'older']) {
    const { id } = await laptop.duly.tasks.create({ title });
    await laptop.duly.tasks.delete(id);
  }
  const refused: unknown[] = [];
  const phone = await createDevice(app(), user, {
    onRefused: ({ op, error }) => refused.push([op, error.code]),
  }).open();
  await phone.sync();
  expect(phone.tasks.trash()).toEqual([]);
  await phone.tasks.rememberTrash((await laptop.duly.trash.list()).data);
  expect(phone.tasks.trash().map(({ title }) => title)).toEqual(['older', 'old']);
  await laptop.duly.trash.empty();
  await phone.tasks.restore(newest(phone.tasks.trash()).id);
  expect(titlesOf(phone)).toEqual(['older']);
  await phone.sync();
  expect(refused).toEqual([['restore', 'NOT_FOUND']]);
  expect([titlesOf(phone), phone.tasks.trash().map(({ title }) => title)]).toEqual([[], ['old']]);
});
