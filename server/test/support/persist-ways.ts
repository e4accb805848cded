import { expect } from 'vitest';
import type { TestApp } from './app.ts';
import { resolveRef } from './operations.ts';
import { createWorld, isFields, pick, surfaces, tagsOf, type World } from './persist.ts';
import { createPlaces } from './persist-items.ts';
import { byCodePoint, type Fields, writableOf } from './persist-nouns.ts';
import { reminderWrites } from './persist-reminders.ts';
import { repeatWrites } from './persist-repeats.ts';
import type { Random } from './random.ts';
import type { SurfaceName } from './tasks.ts';

interface Start extends World {
  /** A task with a value for every property. */
  id: string;
  /** A task with the required properties only. */
  plainId: string;
}

/** A user with both tasks, and another one in the trash. */
export async function newStart(app: TestApp, random: Random): Promise<Start> {
  const world = await createWorld(app, random);
  const plain = await world.send('v1', 'POST', '/tasks', pick(world.fresh('task'), required));
  const plainId = world.wrote(plain, pick(plain, Object.keys(writableOf('task'))));
  world.places = await createPlaces(world);
  const make = async () => {
    const fields = world.fresh('task', plain);
    return world.wrote(await world.send('v1', 'POST', '/tasks', fields), fields);
  };
  const id = await make();
  await remove(world, 'v1', await make());
  return Object.assign(world, { id, plainId });
}

const required = resolveRef({ $ref: '#/components/schemas/NewTask' }).required ?? [];

async function remove(world: World, surface: SurfaceName, id: string): Promise<void> {
  await world.send(surface, 'DELETE', `/tasks/${id}`);
  move(id, world.live, world.trashed);
  world.answered.delete(id);
}

function move(id: string, from: Map<string, Fields>, to?: Map<string, Fields>): void {
  const fields = from.get(id);
  if (fields === undefined) throw new Error(`no task ${id}`);
  from.delete(id);
  to?.set(id, fields);
}

/**
 * One bulk request, whose operations must all succeed.
 * @returns the task in each result, or an empty object
 */
async function bulk(world: World, operations: Fields[]): Promise<Fields[]> {
  const results = Object.values(await world.send('v1', 'POST', '/tasks/bulk', { operations })).filter(
    isFields,
  );
  expect(results.filter(({ status }) => Number(status) >= 300)).toEqual([]);
  return results.map(({ task }) => (isFields(task) ? task : {}));
}

const onlyTrashed = ({ trashed }: World): string => {
  const [id] = trashed.keys();
  if (id === undefined) throw new Error('the trash is empty');
  return id;
};

const flipped = ({ live, id }: Start): boolean => live.get(id)?.completed !== true;

/** Replaces a tag's name on every task, or removes it. */
function retag({ live, trashed, answered }: World, name: unknown, others: readonly unknown[]): void {
  answered.clear();
  for (const fields of [...live.values(), ...trashed.values()]) {
    const tags = Array.isArray(fields.tags) ? fields.tags : [];
    if (!tags.includes(name)) continue;
    const rest = tags.filter((one) => one !== name);
    fields.tags = [...new Set([...rest, ...others])].sort(byCodePoint);
  }
}

const nameOf = (tag: Fields | undefined): string => String(tag?.name);
const pathOf = (tag: string) => `/tags/${encodeURIComponent(tag)}`;

/** Ways to write every property of a task. The loop below adds those of each surface. */
export const fullWrites: Record<string, (world: Start) => Promise<void>> = {
  'PATCH, one property at a time': async (world) => {
    const { id, live } = world;
    for (const [name, value] of Object.entries(world.fresh('task', live.get(id)))) {
      const fields = { [name]: value };
      world.wrote(await world.send('v1', 'PATCH', `/tasks/${id}`, fields), fields);
    }
  },
  'PUT of the whole task': async (world) => {
    const { id, live, answered } = world;
    const fields = world.fresh('task', live.get(id));
    world.wrote(await world.send('v1', 'PUT', `/tasks/${id}`, { ...answered.get(id), ...fields }), fields);
  },
  'bulk create, and update of what is new': async (world) => {
    const defaults = world.answered.get(world.plainId);
    const [one, two] = [world.fresh('task', defaults), world.fresh('task', defaults)];
    const later = world.fresh('task', two);
    const [first = {}, , second = {}] = await bulk(world, [
      { op: 'create', ...one },
      { op: 'create', temp_id: 'new', ...two },
      { op: 'update', id: 'new', ...later },
    ]);
    world.wrote(first, one);
    world.wrote(second, later);
  },
  'bulk update': async (world) => {
    const ids = [world.id, world.plainId];
    const fields = ids.map((id) => world.fresh('task', world.live.get(id)));
    const tasks = await bulk(
      world,
      ids.map((id, index) => ({ op: 'update', id, ...fields[index] })),
    );
    for (const [index, task] of tasks.entries()) world.wrote(task, fields[index] ?? {});
  },
};

/** Ways that write at most a flag or a tag's name. */
export const partialWrites: Record<string, (world: Start) => Promise<void>> = {
  'complete on v1': async (world) => {
    const completed = flipped(world);
    const body = { completed };
    world.wrote(await world.send('v1', 'PATCH', `/tasks/${world.id}/complete`, body), body);
  },
  'complete on bare, which flips': async (world) => {
    const completed = flipped(world);
    world.wrote(await world.send('bare', 'PATCH', `/tasks/${world.id}/complete`), { completed });
  },
  'bulk complete': async (world) => {
    const completed = flipped(world);
    const [task = {}] = await bulk(world, [{ op: 'complete', id: world.id, completed }]);
    world.wrote(task, { completed });
  },
  'bulk delete': async (world) => {
    await bulk(world, [{ op: 'delete', id: world.id }]);
    move(world.id, world.live, world.trashed);
    world.answered.delete(world.id);
  },
  'bulk restore': async (world) => {
    const id = onlyTrashed(world);
    const [task = {}] = await bulk(world, [{ op: 'restore', id }]);
    move(id, world.trashed, world.live);
    world.wrote(task, {});
  },
  ...repeatWrites,
  ...reminderWrites,
  'quick add': async (world) => {
    const { task } = await world.send('v1', 'POST', '/tasks/quick', {
      text: 'Call Ada tomorrow at 9am @phone !high',
    });
    if (!isFields(task)) throw new Error('no task');
    world.wrote(task, pick(task, Object.keys(writableOf('task'))));
  },
  'a move': async (world) => {
    world.wrote(await world.send('v1', 'POST', `/tasks/${world.id}/move`, { after: null }), {});
  },
  'a move to another place': async (world) => {
    const { parent_id, project_id } = world.fresh('task', world.live.get(world.id));
    const { section_id = null } = world.places.find((place) => place.parent_id === parent_id) ?? {};
    const placement = { parent_id, project_id, section_id };
    const body = { before: null, ...placement };
    world.wrote(await world.send('v1', 'POST', `/tasks/${world.id}/move`, body), placement);
  },
  restore: async (world) => {
    const id = onlyTrashed(world);
    const task = await world.send('v1', 'POST', `/trash/${id}/restore`);
    move(id, world.trashed, world.live);
    world.wrote(task, {});
  },
  purge: async (world) => {
    const id = onlyTrashed(world);
    await world.send('v1', 'DELETE', `/trash/${id}`);
    move(id, world.trashed);
  },
  'emptying the trash': async (world) => {
    await world.send('v1', 'DELETE', '/trash');
    world.trashed.clear();
  },
  'renaming a tag': async (world) => {
    const name = nameOf(tagsOf(world.live)[0]);
    const fields = world.fresh('tag', { name });
    await world.send('v1', 'PATCH', pathOf(name), fields);
    retag(world, name, [fields.name]);
  },
  'renaming a tag to that of another task': async (world) => {
    const { id, plainId } = world;
    const fields = { tags: ['of the other'] };
    world.wrote(await world.send('v1', 'PATCH', `/tasks/${plainId}`, fields), fields);
    const [name] = Object.values(world.live.get(id)?.tags ?? {});
    await world.send('v1', 'PATCH', pathOf(String(name)), { name: 'of the other' });
    retag(world, name, fields.tags);
  },
  'deleting a tag': async (world) => {
    const name = nameOf(tagsOf(world.live)[0]);
    await world.send('v1', 'DELETE', pathOf(name));
    retag(world, name, []);
  },
};
for (const surface of surfaces) {
  fullWrites[`create on ${surface}`] = async (world) => {
    const fields = world.fresh('task', world.answered.get(world.plainId));
    world.wrote(await world.send(surface, 'POST', '/tasks', fields), fields);
  };
  for (const method of ['PUT', 'PATCH'])
    fullWrites[`${method} on ${surface}`] = async (world) => {
      for (const id of [world.id, world.plainId]) {
        const fields = world.fresh('task', world.live.get(id));
        world.wrote(await world.send(surface, method, `/tasks/${id}`, fields), fields);
      }
    };
  partialWrites[`delete on ${surface}`] = (world) => remove(world, surface, world.id);
}
