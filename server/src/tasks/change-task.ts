import type { Db } from '../db/schema.ts';
import {
  ifRepeating,
  noOccurrences,
  type OccurrenceScope,
  occurrenceCtes,
  withOccurrences,
} from '../occurrences/queries.ts';
import type { WriteResult } from '../writes/idempotency.ts';
import { unchanged, type WriteContext } from '../writes/plan.ts';
import { write } from '../writes/write.ts';
import type { TaskTarget } from './change-family.ts';
import { requireTask, toTask } from './changes.ts';
import type { StoredTask, Task } from './model.ts';
import type { Completion, PatchContext } from './patch.ts';
import { storedTaskQuery, storeTasksCtes } from './queries.ts';
import type { TaskEffect } from './repeats.ts';

/** Changes one task alone. A `change` that returns the very same task writes nothing. */
export function changeTask(
  db: Db,
  context: WriteContext,
  action: string,
  { userId, taskId, location, condition }: TaskTarget,
  known: OccurrenceScope,
  change: (task: StoredTask, context: PatchContext) => TaskEffect,
): Promise<WriteResult<Task>> {
  const toFound = (task: StoredTask | undefined, occurrences: PatchContext['occurrences']) => ({
    task,
    occurrences,
  });
  return write(db, userId, context, {
    read: withOccurrences(storedTaskQuery(userId, taskId), known, toFound, ifRepeating),
    decide(found, stamp) {
      const { occurrences } = found;
      const before = requireTask(found.task, location, condition);
      const { task: after, recorded, undone } = change(before, { stamp, occurrences });
      const value = toTask(after);
      if (after === before) return unchanged(value);
      const left = occurrences.filter((each) => each !== undone);
      const changes = [
        ...storeTasksCtes(userId, [{ before, after }]),
        ...occurrenceCtes(userId, occurrences, recorded === undefined ? left : [...left, recorded]),
      ];
      return { value, changes, auditActions: [{ action, subject: taskId }] };
    },
  });
}

/** What a completion has to know: whether an occurrence is recorded, or which one is to be undone. */
export function scopeOfCompletion(taskId: string, { completed, occurrence }: Completion): OccurrenceScope {
  if (completed === false) return { dates: [], newest: [taskId] };
  if (occurrence !== undefined && occurrence !== null)
    return { dates: [{ taskId, date: occurrence }], newest: [] };
  return completed === undefined ? { dates: [], newest: [taskId] } : noOccurrences;
}
