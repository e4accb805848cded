import { parseQuickAdd } from '@duly/quick-add';
import type { FoundTask } from '../model.ts';
import { clockAt, readDateTime } from './date-times.ts';
import type { ZoneNames } from './zone-names.ts';

export type TodoistDate = Pick<
  FoundTask,
  'dueDate' | 'dueTime' | 'timeZone' | 'recurrence' | 'recurrenceFrom'
>;

export interface DateContext {
  /** YYYY-MM-DD */
  today: string;
  zones: ZoneNames;
  /** The time zone of the row; may be empty or unknown to the runtime. */
  rowZone: string;
  /** The language of the row, such as `en`. */
  language: string;
}

const maxWords = 200;
/** Stands for the title, as the parser wants words around a date. */
const title = 'Task';

/**
 * Reads the date of a row: ISO 8601, or English words such as `tomorrow at 5pm` and `every! 3 days`.
 * @returns null if a part of the text is not understood
 */
export function readTodoistDate(text: string, context: DateContext): TodoistDate | null {
  return readFixedDate(text, context) ?? readWords(text, context);
}

/** A time with an offset is one of the row's zone; without one it is on the clock there. */
function readFixedDate(text: string, { zones, rowZone }: DateContext): TodoistDate | null {
  const found = readDateTime(text);
  if (found === null) return null;
  const zone = zones.otherThanOwn(rowZone);
  const { date, time } = clockAt(found, zone ?? zones.own);
  const timeZone = time === null ? null : zone;
  return { dueDate: date, dueTime: time, timeZone, recurrence: null, recurrenceFrom: 'due' };
}

/** `every!` counts from the completion. */
function readWords(text: string, { today, zones, rowZone, language }: DateContext): TodoistDate | null {
  const isEnglish = language === '' || language.toLowerCase().startsWith('en');
  if (!isEnglish || text.length > maxWords) return null;
  const isFromCompletion = /^(?:every|ev)! ?/i.test(text);
  const words = text.replace(/^(?:every|ev)!? ?/i, (word) => (/^ev/i.test(word) ? 'every ' : word));
  const parsed = parseQuickAdd(`${title} ${words}`, { now: { date: today, time: '00:00' } });
  const isOfDates = parsed.understood.every(({ kind }) => ['date', 'time', 'repeat'].includes(kind));
  if (parsed.title !== title || !isOfDates || parsed.due_date === undefined) return null;
  return {
    dueDate: parsed.due_date,
    dueTime: parsed.due_time ?? null,
    timeZone: parsed.due_time === undefined ? null : zones.otherThanOwn(rowZone),
    recurrence: parsed.recurrence ?? null,
    recurrenceFrom: isFromCompletion ? 'completion' : 'due',
  };
}
