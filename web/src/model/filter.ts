import type { Task, View } from '@duly/client';
import { addDays, type Day } from './days.ts';
import {
  byCreation,
  byDue,
  byPosition,
  byPriority,
  byTitle,
  byUpdate,
  type Compare,
  inOrder,
} from './order.ts';

export type Filter = View['parameters'];

/** What "now" is for the user. */
export interface Clock {
  today: Day;
  /** The current instant, as `due_at` has it. */
  instant: string;
}

/** Case and accents do not count. Nearly as the server folds: its own search is not needed offline. */
export const fold = (text: string): string =>
  text
    .normalize('NFKD')
    .replace(/\p{Mn}/gu, '')
    .toLowerCase();

export const contains = ({ title, description }: Task, folded: string): boolean =>
  fold(title).includes(folded) || (description !== null && fold(description).includes(folded));

export const isOverdue = ({ due_date, due_at, completed }: Task, { today, instant }: Clock): boolean =>
  !completed && due_date !== null && (due_date < today || (due_at !== null && due_at < instant));

export const isDeferred = ({ start_date }: Task, { today }: Clock): boolean =>
  start_date !== null && start_date > today;

function hasDue(task: Task, due: NonNullable<Filter['due']>, clock: Clock): boolean {
  const { due_date: day } = task;
  if (due === 'none') return day === null;
  if (day === null) return false;
  if (due === 'any') return true;
  if (due === 'overdue') return isOverdue(task, clock);
  if (due === 'today') return day === clock.today;
  if (due === 'tomorrow') return day === addDays(clock.today, 1);
  return day >= clock.today && day <= addDays(clock.today, 6);
}

const hasTags = ({ tags }: Task, wanted: readonly string[], match: Filter['tags_match']): boolean =>
  match === 'all' ? wanted.every((tag) => tags.includes(tag)) : wanted.some((tag) => tags.includes(tag));

const isAt = (value: string | null, wanted: string | undefined): boolean =>
  wanted === undefined || (wanted === 'none' ? value === null : value === wanted);

/** Whether a list of the server with these parameters would have the task. */
export function matches(task: Task, filter: Filter, clock: Clock): boolean {
  const { search, status = 'all', completed, priority = 'all', tags = [], deferred = 'all' } = filter;
  if (search !== undefined && !contains(task, fold(search))) return false;
  const isDone = completed ?? (status === 'all' ? undefined : status === 'completed');
  if (isDone !== undefined && task.completed !== isDone) return false;
  if (priority !== 'all' && task.priority !== priority) return false;
  if (tags.length > 0 && !hasTags(task, tags, filter.tags_match)) return false;
  if (filter.due !== undefined && !hasDue(task, filter.due, clock)) return false;
  if (filter.due_after !== undefined && !(task.due_date !== null && task.due_date >= filter.due_after))
    return false;
  if (filter.due_before !== undefined && !(task.due_date !== null && task.due_date <= filter.due_before))
    return false;
  if (deferred !== 'all' && isDeferred(task, clock) !== (deferred === 'only')) return false;
  if (filter.has_reminder !== undefined && task.reminder_count > 0 !== filter.has_reminder) return false;
  return (
    isAt(task.project_id, filter.project_id) &&
    isAt(task.section_id, filter.section_id) &&
    isAt(task.parent_id, filter.parent_id)
  );
}

const orders: Record<NonNullable<Filter['sort_by']>, Compare> = {
  due_date: byDue,
  priority: byPriority,
  title: byTitle,
  position: byPosition,
  created_at: byCreation,
  updated_at: byUpdate,
};

/** As the server orders a list with these parameters. */
export function orderOf({ sort_by = 'created_at', sort_direction = 'desc' }: Filter): Compare {
  const compare = orders[sort_by];
  if (sort_direction === 'asc') return inOrder(compare, byPosition);
  // Tasks without a due date come last in both directions.
  if (sort_by === 'due_date')
    return inOrder(
      (a, b) => Number(a.due_date === null) - Number(b.due_date === null),
      (a, b) => compare(b, a),
      byPosition,
    );
  return inOrder((a, b) => compare(b, a), byPosition);
}
