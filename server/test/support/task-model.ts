import { fold } from '../../src/platform/folding.ts';
import type { SortKey } from '../../src/tasks/list-model.ts';
import type { Task } from '../../src/tasks/model.ts';

/** Parameters of a list; an absent one has its default. */
export interface ListQuery {
  search?: string;
  status?: string;
  completed?: boolean;
  priority?: string;
  tags?: string[];
  tags_match?: 'any' | 'all';
  due_after?: string;
  due_before?: string;
  sort_by?: SortKey;
  sort_direction?: 'asc' | 'desc';
  limit?: number;
  offset?: number;
}

/** The tasks that match a query, on all pages, in order: a second implementation of the list's rules. */
export function filterTasks(tasks: readonly Task[], query: ListQuery): Task[] {
  const { sort_by = 'created_at', sort_direction = 'desc' } = query;
  return sortTasks(
    tasks.filter((task) => fits(task, query)),
    sort_by,
    sort_direction,
  );
}

export function pageOf(tasks: readonly Task[], { limit = 50, offset = 0 }: ListQuery): Task[] {
  return tasks.slice(offset, offset + limit);
}

function fits(task: Task, query: ListQuery): boolean {
  const { search = '', status = 'all', priority = 'all', tags = [], tags_match = 'any' } = query;
  const texts = [task.title, task.description ?? ''].map(fold);
  const carries = (name: string) => task.tags.includes(name);
  return (
    texts.some((text) => text.includes(fold(search))) &&
    (status.toLowerCase() === 'all' || task.completed === (status.toLowerCase() === 'completed')) &&
    (query.completed === undefined || task.completed === query.completed) &&
    (priority.toLowerCase() === 'all' || task.priority.toLowerCase() === priority.toLowerCase()) &&
    (tags.length === 0 || (tags_match === 'all' ? tags.every(carries) : tags.some(carries))) &&
    (query.due_after === undefined || (task.due_date !== null && task.due_date >= query.due_after)) &&
    (query.due_before === undefined || (task.due_date !== null && task.due_date <= query.due_before))
  );
}

/**
 * Ascending priority is High, Medium, Low. Tasks without a due date are last in both directions. Titles that fold alike
 * are ordered by code point. Ties break by id.
 */
export function sortTasks(tasks: readonly Task[], sortBy: SortKey, direction: 'asc' | 'desc'): Task[] {
  const sign = direction === 'asc' ? 1 : -1;
  return tasks.toSorted((a, b) => {
    const [keyA, keyB] = [sortKey(a, sortBy), sortKey(b, sortBy)];
    if (keyA === null || keyB === null) {
      if (keyA !== keyB) return keyA === null ? 1 : -1;
      return sign * byCodePoint(a.id, b.id);
    }
    const tie = sortBy === 'title' ? byCodePoint(a.title, b.title) : 0;
    return sign * (byCodePoint(keyA, keyB) || tie || byCodePoint(a.id, b.id));
  });
}

function sortKey(task: Task, sortBy: SortKey): string | null {
  if (sortBy === 'priority') return String(['High', 'Medium', 'Low'].indexOf(task.priority));
  return sortBy === 'title' ? fold(task.title) : task[sortBy];
}

const byCodePoint = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** The query string, with lists as `tags=` or `tags[]=`. */
export function queryString(query: ListQuery, listName: 'tags' | 'tags[]' = 'tags'): string {
  const { tags = [], ...single } = query;
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(single)) params.append(name, String(value));
  for (const name of tags) params.append(listName, name);
  return `?${params}`;
}
