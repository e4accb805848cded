import type { Db } from '../db/schema.ts';
import type { Cte, Query } from '../db/statements.ts';
import {
  noOccurrences,
  type OccurrenceScope,
  occurrenceCtes,
  withOccurrences,
} from '../occurrences/queries.ts';
import type { WriteCondition } from '../writes/conditions.ts';
import type { WriteResult } from '../writes/idempotency.ts';
import { type AuditAction, unchanged, type WriteContext, type WriteStamp } from '../writes/plan.ts';
import { write } from '../writes/write.ts';
import { requireTask, type TaskChange, toTask } from './changes.ts';
import { applyChanges, type Family } from './family.ts';
import { type FamilyScope, familyQuery } from './family-query.ts';
import type { StoredTask, Task } from './model.ts';
import { storeRemindedTasksCtes } from './reminders.ts';
import type { TaskEffect } from './repeats.ts';

/** The task that a write changes. */
export interface TaskTarget {
  userId: string;
  taskId: string;
  /** A task in the other location is NOT_FOUND. */
  location: 'live' | 'trash';
  condition: WriteCondition;
}

/** The changed tasks, and what else is stored with them. */
export interface FamilyChange {
  effects: readonly TaskEffect[];
  more?: readonly Cte[];
}

/** Changes one task together with others. A `change` without tasks writes nothing. */
export function changeFamily<Found extends Family = Family>(
  db: Db,
  context: WriteContext,
  action: string,
  { userId, taskId, location, condition }: TaskTarget,
  read: Query<Found>,
  change: (family: Found, task: StoredTask, stamp: WriteStamp) => FamilyChange,
): Promise<WriteResult<Task>> {
  return write(db, userId, context, {
    read,
    decide(family, stamp) {
      const before = new Map(family.tasks);
      const { occurrences } = family;
      const task = requireTask(before.get(taskId), location, condition);
      const { effects, more = [] } = change(family, task, stamp);
      applyChanges(family, effects, stamp);
      const value = toTask(family.tasks.get(taskId) ?? task);
      const changes = changesOf(before, family);
      if (changes.length === 0) return unchanged(value);
      return {
        value,
        changes: [
          ...storeRemindedTasksCtes(userId, changes, family.reminders, stamp),
          ...occurrenceCtes(userId, occurrences, family.occurrences),
          ...more,
        ],
        auditActions: [taskActionOf(action, taskId, changes)],
      };
    },
  });
}

export const scopeOf = (
  userId: string,
  taskId: string,
  scope: FamilyScope = {},
  occurrences: OccurrenceScope = noOccurrences,
): Query<Family> =>
  withOccurrences(
    familyQuery(userId, { ...scope, tasks: [taskId, ...(scope.tasks ?? [])] }),
    occurrences,
    (family, found) => ({ ...family, occurrences: found }),
  );

/** The tasks of the family that are not the same objects as before. */
export const changesOf = (before: ReadonlyMap<string, StoredTask>, { tasks }: Family): TaskChange[] =>
  [...tasks]
    .map(([id, after]) => ({ before: before.get(id), after }))
    .filter((change) => change.before !== change.after);

/** With the number of tasks that were completed, deleted or restored together. */
export const taskActionOf = (
  action: string,
  taskId: string,
  changes: readonly TaskChange[],
): AuditAction => ({
  action,
  subject: taskId,
  count: countAlike(changes, taskId),
});

/** 1 for other changes. */
function countAlike(changes: readonly TaskChange[], taskId: string): number {
  const kindOf = ({ before, after }: TaskChange) =>
    `${before?.completed}${after.completed}${before?.deleted_at === null}${after.deleted_at === null}`;
  const own = changes.find(({ after }) => after.id === taskId);
  if (own === undefined) return 1;
  const isFlip =
    own.before?.completed !== own.after.completed ||
    (own.before?.deleted_at === null) !== (own.after.deleted_at === null);
  return isFlip ? changes.filter((change) => kindOf(change) === kindOf(own)).length : 1;
}
