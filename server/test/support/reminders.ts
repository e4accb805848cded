import type { Reminder } from '../../src/reminders/model.ts';
import type { Task } from '../../src/tasks/model.ts';
import type { TestApp } from './app.ts';
import { type Client, newClient } from './tasks.ts';

/** A user with a task, and requests for its reminders. */
export async function newReminded(app: TestApp, fields: Record<string, unknown> = {}) {
  const client = await newClient(app);
  const task = await client.create(fields);
  const path = `/tasks/${task.id}/reminders`;
  const send = async (method: string, target: string, body?: object) => {
    const reply = await client.v1(method, target, body);
    if (reply.status >= 300) throw new Error(`${method} ${target}: ${reply.text}`);
    return reply.body.data;
  };
  return {
    ...client,
    task,
    path,
    /** A request that must succeed. */
    send,
    remind: (body: object): Promise<Reminder> => send('POST', path, body),
    reminder: (id: string): Promise<Reminder> => send('GET', `${path}/${id}`),
    patch: (body: object): Promise<Task> => send('PATCH', `/tasks/${task.id}`, body),
    /** `next_at` of all reminders of the user, soonest first. */
    async times(): Promise<(string | null)[]> {
      const all: Reminder[] = await send('GET', '/reminders');
      return all.map(({ next_at }) => next_at);
    },
  };
}

/** @returns the id of a new reminder of the task; an empty text if the task is in the trash */
export async function createReminder({ v1 }: Pick<Client, 'v1'>, taskId: string): Promise<string> {
  const { body } = await v1('POST', `/tasks/${taskId}/reminders`, {
    ...{ relative_to: 'due', minutes_before: 30 },
  });
  return body.data?.id ?? '';
}

/** Stores what the sending of a reminder leaves. */
export async function fire({ ctx }: TestApp, userId: string, id: string): Promise<void> {
  const { db } = ctx;
  await db.transaction().execute(async (tx) => {
    const { revision } = await tx
      .updateTable('duly.owners')
      .set(({ eb }) => ({ revision: eb('revision', '+', 1n) }))
      .where('user_id', '=', userId)
      .returning('revision')
      .executeTakeFirstOrThrow();
    await tx
      .updateTable('duly.reminders')
      .set({ next_at: null, snoozed_until: null, fired_at: new Date(), revision })
      .where('user_id', '=', userId)
      .where('id', '=', id)
      .execute();
  });
}
