import { expect, test } from 'vitest';
import { newClient } from '../../../server/test/support/tasks.ts';
import type { Conflict, Resolution } from '../../src/offline/index.ts';
import { useApp } from '../support/duly.ts';
import { createDevice } from '../support/offline.ts';

const app = useApp();

/** Two devices of a user with one task, that both have. The laptop comes back last. */
async function twoDevices(fields: Record<string, unknown>, resolution?: Resolution) {
  const client = await newClient(app());
  const { id } = await client.create(fields);
  const reports: Conflict[] = [];
  const phone = await createDevice(app(), client.user, {
    onConflict: (conflict) => {
      throw new Error(`the first one has no conflict about ${conflict.id}`);
    },
  }).open();
  const laptop = await createDevice(app(), client.user, {
    ...(resolution !== undefined && {
      onConflict: async (conflict: Conflict) => {
        reports.push(conflict);
        return resolution;
      },
    }),
  }).open();
  await phone.sync();
  await laptop.sync();
  return { ...client, id, phone, laptop, reports };
}

test('changes of different fields are both kept, and are no conflict', async () => {
  const { phone, laptop, id, get, reports } = await twoDevices({ title: 'a' }, 'theirs');
  await phone.tasks.update(id, { title: 'phone', priority: 'High' });
  await laptop.tasks.update(id, { due_date: '2030-01-01', priority: 'High' });
  await phone.sync();
  await laptop.sync();
  expect(await get(id)).toMatchObject({
    title: 'phone',
    priority: 'High',
    due_date: '2030-01-01',
    version: 3,
  });
  expect(reports).toEqual([]);
});

test('of a field that both changed, the app gets all three values, and decides', async () => {
  const resolved = { title: 'phone and laptop' };
  const { phone, laptop, id, get, reports } = await twoDevices({ title: 'a', description: 'b' }, resolved);
  await phone.tasks.update(id, { title: 'phone' });
  await laptop.tasks.update(id, { title: 'laptop', description: 'c' });
  await phone.sync();
  await laptop.sync();
  expect(reports).toMatchObject([
    {
      noun: 'task',
      fields: ['title'],
      base: { title: 'a', description: 'b' },
      mine: { title: 'laptop', description: 'c' },
      theirs: { title: 'phone', description: 'b' },
    },
  ]);
  expect(await get(id)).toMatchObject({ title: 'phone and laptop', description: 'c' });
  await phone.sync();
  expect(phone.tasks.get(id)).toEqual(laptop.tasks.get(id));
});

test.each([
  ['mine', 'laptop'],
  ['theirs', 'phone'],
  [undefined, 'laptop'],
] as const)('with the decision %s the title is that of the %s', async (resolution, title) => {
  const { phone, laptop, id, get } = await twoDevices({ title: 'a' }, resolution);
  await phone.tasks.update(id, { title: 'phone' });
  await laptop.tasks.update(id, { title: 'laptop' });
  await phone.sync();
  await laptop.sync();
  expect(await get(id)).toMatchObject({ title });
  expect(laptop.tasks.get(id)).toMatchObject({ title });
});

test('several writes that wait are one conflict, about the newest value', async () => {
  const { phone, laptop, id, get, reports } = await twoDevices({ title: 'a' }, 'theirs');
  await phone.tasks.update(id, { title: 'phone' });
  for (const title of ['l', 'la', 'laptop']) await laptop.tasks.update(id, { title });
  await laptop.tasks.update(id, { priority: 'Low' });
  await phone.sync();
  await laptop.sync();
  expect(reports).toMatchObject([{ mine: { title: 'laptop', priority: 'Low' }, fields: ['title'] }]);
  expect(await get(id)).toMatchObject({ title: 'phone', priority: 'Low', version: 3 });
});

test('a change that comes by the feed, while another field of the task waits, is seen as a conflict', async () => {
  const { phone, laptop, id, get, reports } = await twoDevices({ title: 'a', description: 'b' }, 'mine');
  await phone.tasks.update(id, { description: 'phone' });
  await laptop.tasks.update(id, { title: 'laptop' });
  await laptop.tasks.update(id, { description: 'laptop' });
  await phone.sync();
  await laptop.sync();
  expect(reports).toMatchObject([{ fields: ['description'], theirs: { description: 'phone' } }]);
  expect(await get(id)).toMatchObject({ title: 'laptop', description: 'laptop' });
});

test('a change that came while somebody was typing is a conflict, if the update says what was seen', async () => {
  const { phone, laptop, id, get, reports } = await twoDevices({ title: 'a', description: 'b' }, 'theirs');
  await phone.tasks.update(id, { title: 'phone', priority: 'High' });
  await phone.sync();
  await laptop.sync();
  await laptop.tasks.update(id, { title: 'laptop', description: 'c' }, { title: 'a', description: 'b' });
  await laptop.sync();
  expect(reports).toMatchObject([
    { fields: ['title'], base: { title: 'a' }, mine: { title: 'laptop' }, theirs: { title: 'phone' } },
  ]);
  expect(await get(id)).toMatchObject({ title: 'phone', description: 'c', priority: 'High' });
  await laptop.tasks.update(id, { title: 'laptop' }, { title: 'phone' });
  await laptop.sync();
  expect([reports.length, (await get(id)).title]).toEqual([1, 'laptop']);
});

test.each([
  ['mine', 0],
  ['theirs', 1],
] as const)(
  'with the decision %s, of a task deleted here and changed there %i is left',
  async (resolution, left) => {
    const { phone, laptop, id, list, reports } = await twoDevices({ title: 'a' }, resolution);
    await phone.tasks.update(id, { title: 'phone' });
    await laptop.tasks.delete(id);
    await phone.sync();
    await laptop.sync();
    expect(reports).toMatchObject([{ mine: null, theirs: { title: 'phone' }, fields: [] }]);
    expect([(await list()).length, laptop.tasks.all().length]).toEqual([left, left]);
  },
);

test('a task that both delete, and one that is only moved elsewhere, are no conflict', async () => {
  const { phone, laptop, id, list, create, reports } = await twoDevices({ title: 'a' }, 'theirs');
  const other = await create({ title: 'other' });
  await Promise.all([phone.sync(), laptop.sync()]);
  await phone.tasks.delete(id);
  await phone.tasks.move(other.id, { after: null });
  await laptop.tasks.delete(id);
  await laptop.tasks.delete(other.id);
  await phone.sync();
  await laptop.sync();
  expect([await list(), reports]).toEqual([[], []]);
});

test('projects, sections and views are merged in the same way', async () => {
  const { phone, laptop, reports } = await twoDevices({ title: 'a' }, 'theirs');
  const project = await phone.projects.create({ name: 'House' });
  const section = await phone.sections.create({ name: 'Garden', project_id: project });
  const view = await phone.views.create({ name: 'Mine', parameters: { priority: 'High' } });
  await phone.sync();
  await laptop.sync();
  const ids = [phone.projects.get(project)?.id, phone.sections.get(section)?.id, phone.views.get(view)?.id];
  const [projectId = '', sectionId = '', viewId = ''] = ids;
  await phone.projects.update(project, { name: 'phone' });
  await phone.sections.update(section, { name: 'phone' });
  await phone.views.update(view, { parameters: { priority: 'Low' } });
  await laptop.projects.update(projectId, { name: 'laptop', color: '#336699' });
  await laptop.sections.update(sectionId, { name: 'laptop' });
  await laptop.views.update(viewId, { name: 'Yours' });
  await phone.sync();
  await laptop.sync();
  expect(reports.map(({ noun, fields }) => [noun, fields])).toEqual([
    ['project', ['name']],
    ['section', ['name']],
  ]);
  expect(laptop.projects.all()).toMatchObject([{ name: 'phone', color: '#336699' }]);
  expect(laptop.sections.all()).toMatchObject([{ name: 'phone' }]);
  expect(laptop.views.all()).toMatchObject([{ name: 'Yours', parameters: { priority: 'Low' } }]);
});
