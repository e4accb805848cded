import type { Db } from '../db/schema.ts';
import { findItem } from '../items/queries.ts';
import { validationError } from '../platform/errors.ts';
import {
  type BuiltInView,
  isBuiltInView,
  type ListParameters,
  type TaskListQuery,
} from '../tasks/list-model.ts';
import { viewKind } from './kind.ts';

const dueView = (due: NonNullable<ListParameters['due']>): ListParameters => ({
  ...{ due, status: 'pending', deferred: 'hide' },
  ...{ sort_by: 'due_date', sort_direction: 'asc' },
});

const builtInViews: Record<BuiltInView, ListParameters> = {
  inbox: { project_id: 'none' },
  today: dueView('today'),
  tomorrow: dueView('tomorrow'),
  overdue: dueView('overdue'),
  upcoming: dueView('week'),
};

/**
 * The parameters of a request, with those of its view for all that it did not send.
 * @throws AppError VALIDATION_ERROR when the user has no such view
 */
export async function applyView(
  db: Db,
  userId: string,
  { view, ...sent }: TaskListQuery,
): Promise<Omit<TaskListQuery, 'view'>> {
  if (view === undefined) return sent;
  const parameters = isBuiltInView(view)
    ? builtInViews[view]
    : (await findItem(db, userId, viewKind, view))?.parameters;
  if (parameters === undefined)
    throw validationError([{ loc: ['query', 'view'], msg: 'is none of your saved views', type: 'view' }]);
  // Both are one filter.
  const { status: _, completed: __, ...others } = parameters;
  const isCompletionSent = sent.status !== undefined || sent.completed !== undefined;
  return { ...(isCompletionSent ? others : parameters), ...sent };
}
