import type { Db } from '../db/schema.ts';
import { noOccurrences } from '../occurrences/queries.ts';
import type { WriteCondition } from '../writes/conditions.ts';
import type { WriteResult } from '../writes/idempotency.ts';
import type { WriteContext } from '../writes/plan.ts';
import type { Task } from './model.ts';
import { scopeOfCompletion } from './patch.ts';
import type { Following } from './repeat-model.ts';
import { changeFollowing, skipOccurrence, undoOccurrence } from './repeats.ts';
import { changeTask } from './service.ts';

/** The task, and the occurrence that the request is about; absent: the current one, or the newest recorded one. */
interface OccurrenceTarget {
  taskId: string;
  occurrence: string | undefined;
  condition: WriteCondition;
}

/**
 * Moves a repeating task on without a completion.
 * @throws AppError NOT_FOUND, VALIDATION_ERROR, VERSION_CONFLICT, PRECONDITION_FAILED
 */
export function skip(
  db: Db,
  userId: string,
  context: WriteContext,
  { taskId, occurrence, condition }: OccurrenceTarget,
): Promise<WriteResult<Task>> {
  const target = { userId, taskId, location: 'live', condition } as const;
  const known = scopeOfCompletion(taskId, { completed: true, occurrence });
  return changeTask(db, context, 'task.skip', target, known, (task, { stamp, occurrences }) =>
    skipOccurrence(task, occurrence, stamp, occurrences),
  );
}

/**
 * Takes back what was done or skipped last.
 * @throws AppError NOT_FOUND, VERSION_CONFLICT, PRECONDITION_FAILED
 */
export function undo(
  db: Db,
  userId: string,
  context: WriteContext,
  { taskId, occurrence, condition }: OccurrenceTarget,
): Promise<WriteResult<Task>> {
  const target = { userId, taskId, location: 'live', condition } as const;
  const known = { dates: [], newest: [taskId] };
  return changeTask(db, context, 'task.undo', target, known, (task, { stamp, occurrences }) =>
    undoOccurrence(task, occurrence, stamp, occurrences),
  );
}

/**
 * Changes the current occurrence of a task and all after it.
 * @throws AppError NOT_FOUND, VALIDATION_ERROR, VERSION_CONFLICT, PRECONDITION_FAILED
 */
export function patchFollowing(
  db: Db,
  userId: string,
  context: WriteContext,
  taskId: string,
  { version, ...fields }: Following,
  ifMatch: WriteCondition['ifMatch'],
): Promise<WriteResult<Task>> {
  const target = { userId, taskId, location: 'live', condition: { version, ifMatch } } as const;
  return changeTask(db, context, 'task.following', target, noOccurrences, (task, { stamp }) => ({
    task: changeFollowing(task, fields, stamp),
  }));
}
