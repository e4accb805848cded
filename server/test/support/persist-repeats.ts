import { expect } from 'vitest';
import type { World } from './persist.ts';
import type { Fields } from './persist-nouns.ts';

/** The stored occurrences of all tasks, after the lists of live tasks were compared with them. */
export async function occurrencesOf({ app, client, live }: World): Promise<Fields[]> {
  const rows = await app.ctx.db
    .selectFrom('duly.occurrences')
    .select(['id', 'task_id', 'date', 'number', 'status', 'recorded_at'])
    .where('user_id', '=', client.user.id)
    .execute();
  const stored = rows.map((row) => ({ ...row, recorded_at: row.recorded_at.toISOString() }));
  for (const id of live.keys()) {
    const { body } = await client.v1('GET', `/tasks/${id}/occurrences?limit=100`);
    const own = stored.filter(({ task_id }) => task_id === id);
    expect(body.data).toHaveLength(own.length);
    expect(body.data, 'the list of occurrences').toEqual(expect.arrayContaining(own));
  }
  return stored;
}

/** Ways to write the occurrences of a task whose rule has one. */
export const repeatWrites: Record<string, (world: World & { id: string }) => Promise<void>> = {
  'a skip': async (world) => {
    const { id } = world;
    await world.send('v1', 'PATCH', `/tasks/${id}/complete`, { completed: false });
    world.wrote(await world.send('v1', 'POST', `/tasks/${id}/occurrences/skip`), { completed: true });
  },
  'a skip that is undone': async (world) => {
    const { id } = world;
    await world.send('v1', 'PATCH', `/tasks/${id}/complete`, { completed: false });
    await world.send('v1', 'POST', `/tasks/${id}/occurrences/skip`);
    world.wrote(await world.send('v1', 'POST', `/tasks/${id}/occurrences/undo`), { completed: false });
  },
  'a change of all that follows': async (world) => {
    const { id } = world;
    const fields = { due_date: '2026-12-24', due_time: '08:15', time_zone: null };
    const recurrence = 'FREQ=MONTHLY;COUNT=1';
    const path = `/tasks/${id}/following`;
    world.wrote(await world.send('v1', 'PATCH', path, { ...fields, recurrence }), { ...fields, recurrence });
  },
};
