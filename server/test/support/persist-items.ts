import { expect } from 'vitest';
import { pick, type World } from './persist.ts';
import { type Fields, writableOf } from './persist-nouns.ts';

/** Where projects, sections and views are written and read; their moves, trash and order have tests of their own. */

export type ItemType = 'project' | 'section' | 'view';

export const itemTypes: readonly ItemType[] = ['project', 'section', 'view'];

export const collectionOf = (type: ItemType, projectId: unknown): string =>
  type === 'section' ? `/projects/${projectId}/sections` : `/${type}s`;

/** Two placements: a project with a section, and a task in it. */
export async function createPlaces(world: World): Promise<Fields[]> {
  const places: Fields[] = [];
  for (const name of ['one', 'two']) {
    const project = await world.send('v1', 'POST', '/projects', { name });
    const section = await world.send('v1', 'POST', collectionOf('section', project.id), { name });
    const body = { title: name, section_id: section.id };
    const parent = await world.send('v1', 'POST', '/tasks', body);
    world.live.set(String(parent.id), pick(parent, Object.keys(writableOf('task'))));
    // The parent first: a subtask that changed its project alone would be refused.
    places.push({ parent_id: parent.id, project_id: project.id, section_id: section.id });
  }
  return places;
}

/** The items of each type, each as it is by itself and, but for its count, in its list. */
export async function itemsOf({ client }: World): Promise<Record<ItemType, Fields[]>> {
  const list = async (path: string): Promise<Fields[]> => (await client.v1('GET', path)).body.data;
  const projects = await list('/projects?archived=show&limit=100');
  const sections = await Promise.all(projects.map(({ id }) => list(collectionOf('section', id))));
  const listed = { project: projects, section: sections.flat(), view: await list('/views?limit=100') };
  const found = { project: [], section: [], view: [] } as Record<ItemType, Fields[]>;
  for (const type of itemTypes)
    for (const { open_tasks: _, ...item } of listed[type]) {
      const { body } = await client.v1('GET', `/${type}s/${item.id}`);
      expect(body.data, `${type} in its list`).toEqual(item);
      found[type].push(item);
    }
  return found;
}

/** Writes every property of an item, by its creation and by a change, and reads it in the trash and back. */
export async function writeItem(world: World, type: ItemType, projectId: unknown): Promise<void> {
  const created = world.fresh(type);
  const item = await world.send('v1', 'POST', collectionOf(type, projectId), created);
  expect(item).toMatchObject(created);
  const changed = world.fresh(type, item);
  const path = `/${type}s/${item.id}`;
  const answer = await world.send('v1', 'PATCH', path, { ...item, ...changed });
  expect(answer).toMatchObject(changed);
  expect((await world.client.v1('GET', path)).body.data).toEqual(answer);
  expect(await world.send('v1', 'POST', `${path}/move`, { after: null })).toMatchObject(changed);
  await remove(world, type, item.id);
  const trash: Fields[] = (await world.client.v1('GET', `/trash/${type}s`)).body.data;
  expect(trash.find(({ id }) => id === item.id)).toMatchObject(changed);
  expect(await world.send('v1', 'POST', `/trash/${type}s/${item.id}/restore`)).toMatchObject(changed);
  const gone = await world.send('v1', 'POST', collectionOf(type, projectId), world.fresh(type));
  await remove(world, type, gone.id);
  await world.send('v1', 'DELETE', `/trash/${type}s/${gone.id}`);
}

const remove = (world: World, type: ItemType, id: unknown) =>
  world.send('v1', 'DELETE', `/${type}s/${id}${type === 'project' ? '?tasks=trash' : ''}`);
