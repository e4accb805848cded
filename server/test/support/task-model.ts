import { fold } from '../../src/platform/folding.ts';
import type { SortKey } from '../../src/tasks/list-model.ts';
import type { Task } from '../../src/tasks/model.ts';
import { addDays, localDate, startOf, type UserClock } from './user-clock.ts';

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
  due?: 'overdue' | 'today' | 'tomorrow' | 'week' | 'none' | 'any';
  deferred?: 'all' | 'hide' | 'only';
  sort_by?: SortKey;
  sort_direction?: 'asc' | 'desc';
  limit?: number;
  offset?: number;
}

/** The tasks that match a query, on all pages, in order: a second implementation of the list's rules. */
export function filterTasks(
  tasks: readonly Task[],
  query: ListQuery,
  clock: UserClock = { zone: 'UTC', now: new Date() },
): Task[] {
  const { sort_by = 'created_at', sort_direction = 'desc' } = query;
  return sortTasks(
    tasks.filter((task) => fits(task, query) && fitsClock(task, query, clock)),
    sort_by,
    sort_direction,
    clock.zone,
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

function fitsClock(task: Task, { due, deferred = 'all' }: ListQuery, { zone, now }: UserClock): boolean {
  const today = localDate(zone, now.getTime());
  const isDeferred = task.start_date !== null && task.start_date > today;
  return (deferred === 'all' || isDeferred === (deferred === 'only')) && isDue(task, due, today, zone, now);
}

function isDue(
  { due_date, due_at, completed }: Task,
  due: ListQuery['due'],
  today: string,
  zone: string,
  now: Date,
): boolean {
  if (due === undefined || due === 'none' || due_date === null)
    return due === undefined || (due === 'none') === (due_date === null);
  const day = due_at === null ? due_date : localDate(zone, Date.parse(due_at));
  switch (due) {
    case 'any':
      return true;
    case 'overdue':
      return !completed && (due_at === null ? day < today : Date.parse(due_at) <= now.getTime());
    case 'today':
      return day === today;
    case 'tomorrow':
      return day === addDays(today, 1);
    case 'week':
      return day >= today && day <= addDays(today, 6);
  }
}

/**
 * Ascending priority is High, Medium, Low. A date is due from its first instant on, and tasks without one are last in
 * both directions. Titles that fold alike are ordered by code point. Ties break by id.
 */
export function sortTasks(
  tasks: readonly Task[],
  sortBy: SortKey,
  direction: 'asc' | 'desc',
  zone = 'UTC',
): Task[] {
  const sign = direction === 'asc' ? 1 : -1;
  const rows = tasks.map((task) => {
    const key = sortKey(task, sortBy, zone);
    const texts = [key ?? '', ...(sortBy === 'title' ? [task.title] : []), task.id];
    // Code points are in the order of their UTF-8.
    return { task, isLast: key === null, parts: texts.map((text) => Buffer.from(text)) };
  });
  rows.sort((a, b) => Number(a.isLast) - Number(b.isLast) || sign * compareParts(a.parts, b.parts));
  return rows.map(({ task }) => task);
}

function compareParts(a: readonly Buffer[], b: readonly Buffer[]): number {
  for (const [index, part] of a.entries()) {
    const order = Buffer.compare(part, b[index] ?? Buffer.of());
    if (order !== 0) return order;
  }
  return 0;
}

function sortKey(task: Task, sortBy: SortKey, zone: string): string | null {
  if (sortBy === 'due_date') {
    const { due_date, due_at } = task;
    return due_at ?? (due_date && new Date(startOf(zone, due_date)).toISOString());
  }
  if (sortBy === 'priority') return String(['High', 'Medium', 'Low'].indexOf(task.priority));
  return sortBy === 'title' ? fold(task.title) : task[sortBy];
}

/** The query string, with lists as `tags=` or `tags[]=`. */
export function queryString(query: ListQuery, listName: 'tags' | 'tags[]' = 'tags'): string {
  const { tags = [], ...single } = query;
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(single)) params.append(name, String(value));
  for (const name of tags) params.append(listName, name);
  return `?${params}`;
}
