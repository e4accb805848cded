import type { Random } from './random.ts';
import type { Client } from './tasks.ts';

const tagNames = ['a', 'b', 'c', 'd', 'e é', '/%'];

/** Statuses that concurrent writers may get: their target is gone or has changed. */
const expected = [200, 201, 404, 409, 412];

type Send = Client['v1'];

interface Listed {
  id: string;
  version: number;
}

/** A client that makes random writes of every kind, one at a time. */
export function createWriter(send: Send, random: Random, alsoExpected: readonly number[] = []) {
  const listed = async (path: string): Promise<Listed[]> =>
    (await send('GET', `${path}?limit=20`)).body?.data ?? [];
  const someTags = () => random.some(tagNames, 0.3);
  const one = async (path: string): Promise<Listed | undefined> => {
    const found = await listed(path);
    return found.length === 0 ? undefined : random.pick(found);
  };
  const task = () => ({ title: `task ${random.below(1_000)}`, tags: someTags() });
  const create = () => send('POST', '/tasks', task());

  async function onTask() {
    const found = await one('/tasks');
    if (found === undefined) return create();
    const path = `/tasks/${found.id}`;
    if (random.chance(0.4)) return send('DELETE', path);
    if (random.chance(0.3)) return send('PATCH', `${path}/complete`, { completed: random.chance(0.5) });
    const patch = random.chance(0.5) ? { title: `title ${random.below(1_000)}` } : { tags: someTags() };
    return send('PATCH', path, { ...patch, ...(random.chance(0.3) && { version: found.version }) });
  }

  async function onTrash() {
    if (random.chance(0.1)) return send('DELETE', '/trash');
    const found = await one('/trash');
    if (found === undefined) return create();
    return random.chance(0.5)
      ? send('POST', `/trash/${found.id}/restore`)
      : send('DELETE', `/trash/${found.id}`);
  }

  function onTag() {
    const path = `/tags/${encodeURIComponent(random.pick(tagNames))}`;
    return random.chance(0.6) ? send('PATCH', path, { name: random.pick(tagNames) }) : send('DELETE', path);
  }

  async function inBulk() {
    const [live, trashed] = [await listed('/tasks'), await listed('/trash')];
    const operations: object[] = Array.from({ length: random.below(6) }, (_, index) => ({
      ...{ op: 'create', temp_id: `new ${index}`, ...task() },
    }));
    if (operations.length > 0) operations.push({ op: 'complete', id: 'new 0' });
    for (const { id } of random.some(live, 0.1))
      operations.push(
        random.pick([
          { op: 'update', id, tags: someTags() },
          { op: 'delete', id },
          { op: 'complete', id, completed: random.chance(0.5) },
        ]),
      );
    for (const { id } of random.some(trashed, 0.1)) operations.push({ op: 'restore', id });
    if (operations.length === 0) return create();
    return send('POST', '/tasks/bulk', { atomic: random.chance(0.3), operations });
  }

  const onProfile = () => send('PATCH', '', { first_name: `name ${random.below(1_000)}` });

  return async function write(): Promise<void> {
    const dice = random.below(100);
    const kinds = [create, onTask, onTrash, onTag, inBulk, onProfile];
    const kind = kinds[[30, 60, 75, 86, 96].filter((limit) => dice >= limit).length] ?? create;
    const { status, text } = await kind();
    if (![...expected, ...alsoExpected].includes(status)) throw new Error(`a write got ${status}: ${text}`);
  };
}
