import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Db } from '../db/schema.ts';
import type { Cte } from '../db/statements.ts';
import { checkLimit } from '../platform/data-limits.ts';
import { notFound, validationError } from '../platform/errors.ts';
import { checkCondition, type WriteCondition } from '../writes/conditions.ts';
import type { WriteResult } from '../writes/idempotency.ts';
import { unchanged, type WriteContext, type WriteStamp } from '../writes/plan.ts';
import { checkReadOnlyFields } from '../writes/read-only-fields.ts';
import { write } from '../writes/write.ts';
import type { NewReminder, Reminder, ReminderPatch, Snooze } from './model.ts';
import {
  countRemindersCte,
  deleteReminderCte,
  type FoundReminder,
  reminderQuery,
  storeRemindersCte,
} from './queries.ts';
import {
  newRule,
  nextAtOf,
  type RemindedTask,
  type ReminderRule,
  referencesOf,
  resolveRule,
  toChannels,
  toInstant,
} from './rules.ts';

/** The reminder that a write changes. It is found below its own task only. */
export interface ReminderTarget {
  taskId: string;
  reminderId: string;
  condition: WriteCondition;
}

/** A reminder that is not stored yet. */
export interface UnstampedReminder extends ReminderRule {
  id: string;
  task_id: string;
  channels: Reminder['channels'];
}

/** @throws AppError VALIDATION_ERROR */
export const buildReminder = (taskId: string, sent: NewReminder): UnstampedReminder => ({
  id: randomUUID(),
  task_id: taskId,
  ...newRule(sent),
  channels: toChannels(sent.channels ?? null),
});

/** @param task as the write leaves it */
export const stampNewReminder = (
  reminder: UnstampedReminder,
  task: RemindedTask,
  { now, timeZone }: WriteStamp,
): Reminder => ({
  ...reminder,
  snoozed_until: null,
  next_at: nextAtOf(reminder, referencesOf(task, timeZone), null, Date.now()),
  fired_at: null,
  version: 1,
  created_at: now,
  updated_at: now,
});

/** @throws AppError NOT_FOUND when the task is not live; VALIDATION_ERROR, LIMIT_EXCEEDED */
export function createReminder(
  db: Db,
  userId: string,
  context: WriteContext,
  taskId: string,
  input: NewReminder,
): Promise<WriteResult<Reminder>> {
  const built = buildReminder(taskId, input);
  return write(db, userId, context, {
    read: reminderQuery(userId, taskId, null),
    decide(found, stamp) {
      if (found === undefined) throw notFound('Task');
      const count = found.task.reminder_count + 1;
      checkLimit('reminders', count);
      const reminder = stampNewReminder(built, found.task, stamp);
      return {
        value: reminder,
        changes: [storeRemindersCte(userId, [reminder]), countRemindersCte(userId, taskId, count)],
        auditActions: [{ action: 'reminder.create', subject: reminder.id }],
      };
    },
  });
}

/**
 * Merge patch (RFC 7396). Another time ends a snooze. A patch that changes nothing leaves version and times as they
 * are.
 * @throws AppError NOT_FOUND, VALIDATION_ERROR, VERSION_CONFLICT, PRECONDITION_FAILED
 */
export function patchReminder(
  db: Db,
  userId: string,
  context: WriteContext,
  { taskId, reminderId, condition }: ReminderTarget,
  patch: ReminderPatch,
): Promise<WriteResult<Reminder>> {
  const { version, updated_at: updatedAt, id, created_at, task_id, ...sent } = patch;
  const sentCondition = { ...condition, version, updatedAt, readOnlyFields: { id, created_at } };
  const target = { taskId, reminderId, condition: sentCondition };
  return changeReminder(db, userId, context, 'reminder.update', target, ({ task, reminder }, stamp) => {
    checkReadOnlyFields({ task_id: reminder.task_id }, { task_id });
    const { relative_to, minutes_before, remind_at } = reminder;
    const before = { relative_to, minutes_before, remind_at };
    const rule = resolveRule(before, sent);
    const channels = sent.channels === undefined ? reminder.channels : toChannels(sent.channels);
    const isSameRule = isDeepStrictEqual(rule, before);
    if (isSameRule && isDeepStrictEqual(channels, reminder.channels)) return reminder;
    if (isSameRule) return { ...reminder, channels };
    const next_at = nextAtOf(rule, referencesOf(task, stamp.timeZone), reminder.next_at, Date.now());
    return { ...reminder, ...rule, channels, next_at, snoozed_until: null };
  });
}

/**
 * Sends a reminder at another time, also one that was sent before.
 * @throws AppError NOT_FOUND, VALIDATION_ERROR, VERSION_CONFLICT, PRECONDITION_FAILED
 */
export function snoozeReminder(
  db: Db,
  userId: string,
  context: WriteContext,
  target: ReminderTarget,
  snooze: Snooze,
): Promise<WriteResult<Reminder>> {
  return changeReminder(db, userId, context, 'reminder.snooze', target, ({ task, reminder }) => {
    if (task.completed) throw validationError([snoozeIssue('minutes', 'the task is completed')]);
    const until = snoozedUntil(snooze, Date.now());
    return { ...reminder, snoozed_until: until, next_at: until };
  });
}

/** @throws AppError VALIDATION_ERROR */
function snoozedUntil({ minutes, until }: Snooze, nowMs: number): string {
  if ((minutes === undefined) === (until === undefined))
    throw validationError([snoozeIssue('minutes', 'either this or until is needed')]);
  if (until === undefined) return new Date(nowMs + (minutes ?? 0) * 60_000).toISOString();
  const instant = toInstant('until', until);
  if (Date.parse(instant) <= nowMs) throw validationError([snoozeIssue('until', 'must be in the future')]);
  return instant;
}

const snoozeIssue = (field: string, msg: string) => ({ loc: ['body', field], msg, type: 'snooze' });

/** @throws AppError NOT_FOUND, VERSION_CONFLICT, PRECONDITION_FAILED */
export function deleteReminder(
  db: Db,
  userId: string,
  context: WriteContext,
  { taskId, reminderId, condition }: ReminderTarget,
): Promise<WriteResult<null>> {
  return write(db, userId, context, {
    read: reminderQuery(userId, taskId, reminderId),
    decide(found) {
      const { task } = requireReminder(found, condition);
      return {
        value: null,
        changes: [
          deleteReminderCte(userId, reminderId),
          countRemindersCte(userId, taskId, Math.max(0, task.reminder_count - 1)),
        ],
        auditActions: [{ action: 'reminder.delete', subject: reminderId }],
      };
    },
  });
}

/** Changes one reminder. A `change` that returns the very same one writes nothing. */
function changeReminder(
  db: Db,
  userId: string,
  context: WriteContext,
  action: string,
  { taskId, reminderId, condition }: ReminderTarget,
  change: (found: ReturnType<typeof requireReminder>, stamp: WriteStamp) => Reminder,
): Promise<WriteResult<Reminder>> {
  return write(db, userId, context, {
    read: reminderQuery(userId, taskId, reminderId),
    decide(found, stamp) {
      const known = requireReminder(found, condition);
      const before = known.reminder;
      const changed = change(known, stamp);
      if (changed === before) return unchanged(before);
      const version = Math.max(before.version + 1, stamp.versionFloor);
      const after = { ...changed, version, updated_at: stamp.now };
      const changes: Cte[] = [storeRemindersCte(userId, [after])];
      return { value: after, changes, auditActions: [{ action, subject: reminderId }] };
    },
  });
}

/** @throws AppError NOT_FOUND, VALIDATION_ERROR, VERSION_CONFLICT, PRECONDITION_FAILED */
function requireReminder(found: FoundReminder | undefined, condition: WriteCondition) {
  if (found === undefined) throw notFound('Task');
  const { task, reminder } = found;
  if (reminder === undefined) throw notFound('Reminder');
  checkCondition('reminder', reminder, condition);
  return { task, reminder };
}
