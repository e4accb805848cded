import { createHash } from 'node:crypto';
import { clockTime, isCalendarDate } from '../dates/days.ts';
import { isTimeZone } from '../dates/zones.ts';
import type { ImportedOccurrence } from '../occurrences/queries.ts';
import type { Reminder } from '../reminders/model.ts';
import { buildTask, stampNewTask } from '../tasks/changes.ts';
import { isTaskId, type NewTask, type StoredTask } from '../tasks/model.ts';
import type { TaskPlacement } from '../tasks/placement.ts';
import { buildReminders } from '../tasks/reminders.ts';
import type { TaskEffect } from '../tasks/repeats.ts';
import type { WriteStamp } from '../writes/plan.ts';
import type { FoundTask } from './model.ts';

/** A task that is to be stored, with its id and its placement. */
export interface Candidate {
  id: string;
  place: string;
  title: string;
  placement: TaskPlacement;
  /**
   * The new task, not placed yet.
   * @param ordinal among those that are stored at once: their order
   * @throws AppError VALIDATION_ERROR
   */
  build(stamp: WriteStamp, ordinal: number): TaskEffect;
  /** What an export document has beside the task, as it is stored. */
  attached?(task: StoredTask, stamp: WriteStamp): Attached;
}

export interface Attached {
  reminders: readonly Reminder[];
  occurrences: readonly ImportedOccurrence[];
}

/**
 * The id that a task of a file gets: that of the file if it is a UUID, or else one made of its key (RFC 9562, section
 * 5.8). The same file gives the same ids again.
 */
export function taskIdOf(format: string, key: string): string {
  const lower = key.toLowerCase();
  if (isTaskId(lower)) return lower;
  const hash = createHash('sha256').update(`${format}\n${key}`).digest('hex');
  const variant = ((Number.parseInt(hash.charAt(16), 16) & 3) | 8).toString(16);
  const parts = [hash.slice(0, 8), hash.slice(8, 12), `8${hash.slice(13, 16)}`, variant + hash.slice(17, 20)];
  return `${parts.join('-')}-${hash.slice(20, 32)}`;
}

const maxTags = 20;
const isLong = (text: string, max: number) => text.length > max && [...text].length > max;
/** Whether PostgreSQL can store it. */
export const isText = (text: string) => !text.includes('\0') && text.isWellFormed();

/** Each rule of the fields of a new task, as `NewTask` has them, and what is wrong when it does not hold. */
const rules: readonly [test: (task: FoundTask) => boolean, fault: string][] = [
  [({ title }) => title !== '' && title === title.trim(), 'it has no title'],
  [({ title }) => !isLong(title, 200), 'its title is longer than 200 characters'],
  [({ description }) => !isLong(description ?? '', 1_000), 'its description is longer than 1,000 characters'],
  [({ title, description }) => isText(title + (description ?? '')), 'it has text that cannot be stored'],
  [({ tags }) => tags.length <= maxTags, `it has more than ${maxTags} tags`],
  [
    ({ tags }) => tags.every((tag) => tag.trim() !== '' && !isLong(tag, 50) && isText(tag)),
    'a tag is blank, or longer than 50 characters',
  ],
  [
    ({ dueDate, startDate }) => [dueDate, startDate].every((date) => date === null || isCalendarDate(date)),
    'its dates are not from 1970-01-01 to 2100-12-31',
  ],
  [({ dueTime }) => dueTime === null || clockTime.test(dueTime), 'its time is not HH:MM'],
  [({ timeZone }) => timeZone === null || isTimeZone(timeZone), 'its time zone is unknown'],
  [({ recurrence }) => recurrence === null || !isLong(recurrence, 500), 'its repeat rule is too long'],
  [
    ({ excludedDates }) => excludedDates.length <= 100 && excludedDates.every(isCalendarDate),
    'the dates that its rule leaves out are no dates, or more than 100',
  ],
];

/** Why the task cannot be stored; undefined if it can, as far as this shows. */
export const faultOf = (task: FoundTask): string | undefined => rules.find(([test]) => !test(task))?.[1];

/** An instant from 1970 to now, as it is stored; null for any other text. */
export function pastInstant(text: string | null): string | null {
  const time = Date.parse(text ?? '');
  return time >= 0 && time <= Date.now() ? new Date(time).toISOString() : null;
}

export function candidateOf(
  userId: string,
  id: string,
  found: FoundTask,
  placement: TaskPlacement,
): Candidate {
  const { place, title, reminders } = found;
  const input: NewTask = {
    title,
    description: found.description,
    completed: found.completed,
    ...(found.priority !== null && { priority: found.priority }),
    tags: [...found.tags],
    due_date: found.dueDate,
    due_time: found.dueTime,
    time_zone: found.timeZone,
    start_date: found.startDate,
    recurrence: found.recurrence,
    recurrence_from: found.recurrenceFrom,
    excluded_dates: [...found.excludedDates],
  };
  return {
    ...{ id, place, title, placement },
    build(stamp, ordinal) {
      const task = stampNewTask(buildTask(userId, id, input, ordinal), stamp.now, stamp.timeZone);
      const created_at = pastInstant(found.createdAt) ?? task.created_at;
      const completed_at = task.completed ? (pastInstant(found.completedAt) ?? task.completed_at) : null;
      const due = reminders.map((minutes_before) => ({ relative_to: 'due' as const, minutes_before }));
      return {
        task: { ...task, created_at, completed_at },
        ...(reminders.length > 0 && { reminders: buildReminders(id, due) }),
      };
    },
  };
}
