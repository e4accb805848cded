import type { Offline } from '@duly/client/offline';
import type { QuickAdd } from '@duly/quick-add';
import type { Placement } from '../model/lists.ts';

export const titleMaxLength = 200;

export type NewTask = Parameters<Offline['tasks']['create']>[0];

/** What the text says wins over what the list gives. */
export function newTaskOf(parsed: QuickAdd, projectId: string | undefined, fields: Placement): NewTask {
  const { title, due_date, due_time, recurrence, priority, tags } = parsed;
  const placement =
    projectId === undefined
      ? {
          ...(fields.project_id && { project_id: fields.project_id }),
          ...(fields.section_id && { section_id: fields.section_id }),
        }
      : { project_id: projectId };
  const day = due_date ?? fields.due_date;
  const allTags = [...new Set([...(fields.tags ?? []), ...(tags ?? [])])];
  return {
    title,
    ...placement,
    ...(day !== undefined && { due_date: day }),
    ...(due_time !== undefined && { due_time }),
    ...(recurrence !== undefined && { recurrence }),
    ...(priority !== undefined && { priority }),
    ...(allTags.length > 0 && { tags: allTags }),
  };
}
