import type { Cte } from '../db/statements.ts';
import { AppError, validationError } from '../platform/errors.ts';
import type { NewReminder } from '../reminders/model.ts';
import { storeRemindersCte } from '../reminders/queries.ts';
import { restampRemindersCtes } from '../reminders/restamp.ts';
import { buildReminder, stampNewReminder, type UnstampedReminder } from '../reminders/service.ts';
import type { WriteStamp } from '../writes/plan.ts';
import type { TaskChange } from './changes.ts';
import type { StoredTask } from './model.ts';
import { storeTasksCtes } from './queries.ts';
import type { TaskEffect } from './repeats.ts';

/**
 * The reminders that a new task is made with.
 * @throws AppError VALIDATION_ERROR
 */
export function buildReminders(taskId: string, sent: readonly NewReminder[]): UnstampedReminder[] {
  return sent.map((reminder, index) => {
    try {
      return buildReminder(taskId, reminder);
    } catch (error) {
      if (!(error instanceof AppError) || error.issues === undefined) throw error;
      const at = ['body', 'reminders', index];
      throw validationError(error.issues.map((issue) => ({ ...issue, loc: [...at, ...issue.loc.slice(1)] })));
    }
  });
}

/** Counts the reminders that a write makes. A task that gets a time and has none gets that of the profile. */
export function withReminders(
  before: StoredTask | undefined,
  effect: TaskEffect,
  { defaultReminderMinutes: minutes_before }: WriteStamp,
): TaskEffect {
  const { task } = effect;
  const isTimed = task.due_time !== null && (before?.due_time ?? null) === null;
  const isDefault = isTimed && task.reminder_count === 0 && minutes_before !== null;
  const { reminders = isDefault ? [buildReminder(task.id, { relative_to: 'due', minutes_before })] : [] } =
    effect;
  if (reminders.length === 0) return effect;
  return { ...effect, task: { ...task, reminder_count: task.reminder_count + reminders.length }, reminders };
}

/** The CTEs that store tasks as they are after their changes, with new reminders, and that restamp the others. */
export function storeRemindedTasksCtes(
  userId: string,
  changes: readonly TaskChange[],
  reminders: readonly UnstampedReminder[],
  stamp: WriteStamp,
): Cte[] {
  const tasks = new Map(changes.map(({ after }) => [after.id, after]));
  const made = reminders.flatMap((reminder) => {
    const task = tasks.get(reminder.task_id);
    return task === undefined ? [] : [stampNewReminder(reminder, task, stamp)];
  });
  return [
    ...storeTasksCtes(userId, changes),
    ...restampRemindersCtes(userId, changes, stamp.timeZone),
    ...(made.length > 0 ? [storeRemindersCte(userId, made)] : []),
  ];
}
