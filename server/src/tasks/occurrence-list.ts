import { RuleError } from '../dates/recurrence-rule.ts';
import type { CursorKeys } from '../db/cursors.ts';
import type { EncodedPage } from '../db/keyset-page.ts';
import type { Db } from '../db/schema.ts';
import { executeQuery } from '../db/statements.ts';
import type { ComingOccurrence, OccurrenceListQuery } from '../occurrences/model.ts';
import { readOccurrencePage } from '../occurrences/queries.ts';
import { notFound } from '../platform/errors.ts';
import { dueAtOf } from './due.ts';
import type { StoredTask } from './model.ts';
import { taskAndZoneQuery } from './queries.ts';
import { isRepeating, occurrencesAfter } from './series.ts';

/**
 * A page of the recorded occurrences of a task, and those that come.
 * @throws AppError NOT_FOUND when the task is not live; VALIDATION_ERROR, CURSOR_EXPIRED
 */
export async function readOccurrences(
  db: Db,
  userId: string,
  taskId: string,
  { coming: count, ...query }: OccurrenceListQuery,
  keys: CursorKeys,
): Promise<{ page: EncodedPage; coming: ComingOccurrence[] }> {
  const [page, found] = await Promise.all([
    readOccurrencePage(db, userId, taskId, query, keys),
    executeQuery(db, taskAndZoneQuery(userId, taskId)),
  ]);
  if (found === undefined || found.task.deleted_at !== null) throw notFound('Task');
  return { page, coming: listComing(found.task, found.timeZone, count) };
}

/** The current occurrence and those after it. After a completion they follow from a day that is not known yet. */
function listComing(task: StoredTask, userZone: string, count: number): ComingOccurrence[] {
  if (!isRepeating(task) || task.completed || count === 0) return [];
  const { occurrence: date, occurrence_number: number, due_date, due_at } = task;
  const coming: ComingOccurrence[] = [{ date, number, due_date, due_at }];
  if (task.recurrence_from === 'completion') return coming;
  const { series_time: due_time, series_zone: time_zone } = task;
  try {
    for (const next of occurrencesAfter(task, date, userZone)) {
      if (coming.length >= count) break;
      const due = { due_date: next.date, due_time, time_zone };
      coming.push({ ...next, due_date: next.date, due_at: dueAtOf(due, userZone) });
    }
  } catch (error) {
    // No more within the budget of the search.
    if (!(error instanceof RuleError)) throw error;
  }
  return coming;
}
