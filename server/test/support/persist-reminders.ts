import { expect } from 'vitest';
import type { Reminder } from '../../src/reminders/model.ts';
import { pick, type World } from './persist.ts';
import { type Fields, writableOf } from './persist-nouns.ts';

const iso = (time: Date | null) => time?.toISOString() ?? null;

/** The stored reminders of all tasks, after the lists and reads of those of live tasks were compared with them. */
export async function remindersOf({ app, client, live }: World): Promise<Fields[]> {
  const rows = await app.ctx.db
    .selectFrom('duly.reminders')
    .selectAll()
    .where('user_id', '=', client.user.id)
    .execute();
  const stored = rows.map(({ user_id: _, revision: __, ...row }) => ({
    ...row,
    ...{ remind_at: iso(row.remind_at), snoozed_until: iso(row.snoozed_until), next_at: iso(row.next_at) },
    ...{ fired_at: iso(row.fired_at), created_at: iso(row.created_at), updated_at: iso(row.updated_at) },
  }));
  const shown = stored.filter(({ task_id }) => live.has(task_id));
  const { body: all } = await client.v1('GET', '/reminders?limit=100');
  expect(all.data, 'all reminders').toHaveLength(shown.length);
  expect(all.data, 'all reminders').toEqual(expect.arrayContaining(shown));
  for (const id of live.keys()) {
    const own = shown.filter(({ task_id }) => task_id === id);
    const { body } = await client.v1('GET', `/tasks/${id}/reminders?limit=100`);
    expect(body.data, 'the list of a task').toHaveLength(own.length);
    expect(body.data, 'the list of a task').toEqual(expect.arrayContaining(own));
    expect((await client.get(id)).reminder_count).toBe(own.length);
    for (const reminder of own) {
      const url = `/tasks/${id}/reminders/${reminder.id}`;
      expect((await client.v1('GET', url)).body.data, 'a reminder').toEqual(reminder);
      const late = await client.v1('PATCH', url, { version: 2_147_483_647 });
      expect(late.body.current, 'current').toEqual(reminder);
    }
  }
  return stored;
}

const rules: [Fields, Fields] = [
  { relative_to: 'due', minutes_before: 30, remind_at: null, channels: ['email', 'push'] },
  { relative_to: null, minutes_before: null, remind_at: '2031-03-04T05:06:07.000Z', channels: null },
];

/** Makes one of each kind. The count on the task changes with it. */
async function remind(world: World & { id: string }): Promise<Reminder[]> {
  const made: Reminder[] = [];
  for (const fields of rules) {
    const reminder = await world.send('v1', 'POST', `/tasks/${world.id}/reminders`, fields);
    expect(pick(reminder, Object.keys(writableOf('reminder')))).toEqual(fields);
    made.push(reminder as Reminder);
  }
  world.answered.delete(world.id);
  return made;
}

/** Ways to write the reminders of a task. */
export const reminderWrites: Record<string, (world: World & { id: string }) => Promise<void>> = {
  'new reminders': async (world) => {
    await remind(world);
  },
  'reminders of a new task': async (world) => {
    const task = await world.send('v1', 'POST', '/tasks', { title: 'reminded', reminders: rules });
    world.wrote(task, pick(task, Object.keys(writableOf('task'))));
  },
  'changes of reminders': async (world) => {
    const made = await remind(world);
    for (const [index, { id }] of made.entries()) {
      const fields = rules[1 - index] ?? {};
      const changed = await world.send('v1', 'PATCH', `/tasks/${world.id}/reminders/${id}`, fields);
      expect(pick(changed, Object.keys(fields))).toEqual(fields);
    }
  },
  'a snooze': async (world) => {
    const [first] = await remind(world);
    const task = await world.send('v1', 'PATCH', `/tasks/${world.id}/complete`, { completed: false });
    world.wrote(task, { completed: false });
    const until = '2030-01-01T00:00:00.000Z';
    await world.send('v1', 'POST', `/tasks/${world.id}/reminders/${first?.id}/snooze`, { until });
  },
  'the deletion of a reminder': async (world) => {
    const [first] = await remind(world);
    await world.send('v1', 'DELETE', `/tasks/${world.id}/reminders/${first?.id}`);
  },
  'a deletion of a task with reminders': async (world) => {
    await remind(world);
    await world.send('v1', 'DELETE', `/tasks/${world.id}`);
    world.trashed.set(world.id, world.live.get(world.id) ?? {});
    world.live.delete(world.id);
  },
};
