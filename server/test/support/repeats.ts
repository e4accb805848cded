import type { Task } from '../../src/tasks/model.ts';
import type { Client } from './tasks.ts';

/** A task that repeats every day, of which one occurrence is done. */
export async function createRepeating(
  { create, v1 }: Pick<Client, 'create' | 'v1'>,
  fields: Record<string, unknown> = {},
): Promise<Task> {
  const { id } = await create({ due_date: '2026-12-23', recurrence: 'FREQ=DAILY', ...fields });
  const { body } = await v1('PATCH', `/tasks/${id}/complete`, { completed: true });
  return body.data;
}

/** Whether the operation needs such a task. */
export const isOfRepeating = ({ path }: { path: string }): boolean => /\/(following|occurrences)/.test(path);
