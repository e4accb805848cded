import type { Task } from '@duly/client';
import type { Offline } from '@duly/client/offline';
import { navigate } from '../routing/router.tsx';
import { paths } from '../routing/routes.ts';

/** A list that has the task, with the task open. */
export function pathOfTask({ id, completed, project_id }: Task): string {
  const place = completed ? '/completed' : project_id === null ? '/inbox' : paths.project(project_id);
  return `${place}?task=${id}`;
}

/** Opens a task of which only the id is known, such as that of a reminder. Today, if it is not there any more. */
export async function openTask({ tasks, sync }: Offline, id: string): Promise<void> {
  // Its change may be as new as the reminder.
  if (tasks.get(id) === undefined) await sync().catch(() => undefined);
  const task = tasks.get(id);
  navigate(task === undefined ? '/today' : pathOfTask(task), { replace: true });
}
