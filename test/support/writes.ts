import type { Random } from './random.ts';
import type { Client } from './tasks.ts';

const tagNames = ['a', 'b', 'c', 'd', 'e é', '/%'];

/** What concurrent writers may meet: what they meant to change is gone, or has changed. */
const expected = [200, 201, 404, 409, 412];

type Send = Client['v1'];

interface Listed {
  id: string;
  version: number;
}

/** Writes of every kind that a user can do, in that user's name, one at a time and by chance. */
export function createWriter(send: Send, random: Random) {
  const listed = async (path: string): Promise<Listed[]> =>
    (await send('GET', `${path}?limit=100`)).body.data;
  const someTags = () => random.some(tagNames, 0.3);
  const one = async (path: string): Promise<Listed | undefined> => {
    const found = await listed(path);
    return found.length === 0 ? undefined : random.pick(found);
  };
  const create = () => send('POST', '/tasks', { title: `task ${random.below(1_000)}`, tags: someTags() });

  async function onTask() {
    const task = await one('/tasks');
    if (task === undefined) return create();
    const path = `/tasks/${task.id}`;
    if (random.chance(0.4)) return send('DELETE', path);
    if (random.chance(0.3)) return send('PATCH', `${path}/complete`, { completed: random.chance(0.5) });
    const patch = random.chance(0.5) ? { title: `title ${random.below(1_000)}` } : { tags: someTags() };
    return send('PATCH', path, { ...patch, ...(random.chance(0.3) && { version: task.version }) });
  }

  async function onTrash() {
    if (random.chance(0.1)) return send('DELETE', '/trash');
    const task = await one('/trash');
    if (task === undefined) return create();
    return random.chance(0.5)
      ? send('POST', `/trash/${task.id}/restore`)
      : send('DELETE', `/trash/${task.id}`);
  }

  function onTag() {
    const path = `/tags/${encodeURIComponent(random.pick(tagNames))}`;
    return random.chance(0.6) ? send('PATCH', path, { name: random.pick(tagNames) }) : send('DELETE', path);
  }

  return async function write(): Promise<void> {
    const dice = random.below(100);
    const sent =
      dice < 35 ? create() : dice < 70 ? onTask() : dice < 85 ? onTrash() : dice < 96 ? onTag() : onProfile();
    const { status, text } = await sent;
    if (!expected.includes(status)) throw new Error(`a write got ${status}: ${text}`);
  };

  function onProfile() {
    return send('PATCH', '', { first_name: `name ${random.below(1_000)}` });
  }
}
