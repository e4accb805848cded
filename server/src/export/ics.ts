import { parseRule, type Until } from '../dates/recurrence-rule.ts';
import { clockIn, instantOf } from '../dates/zones.ts';
import type { Tx } from '../db/schema.ts';
import { version } from '../platform/version.ts';
import { foldLine, icsDate, icsInstant, icsLocalTime, icsText } from './ics-lines.ts';
import { zoneLines } from './ics-zone.ts';
import type { Sink } from './sink.ts';
import { readNames, readTasks, readTimeZone, type TaskRow } from './task-rows.ts';

/** RFC 5545 §3.8.1.9: 1 is the highest, 5 the middle, 9 the lowest. */
const priorities = { High: 1, Medium: 5, Low: 9 };

const linesText = (lines: readonly string[]) => lines.map(foldLine).join('');

/** A day or a time on a clock, as a parameter and a value. A time without a zone floats. */
function clockTime(date: string, { due_time, time_zone }: TaskRow): string {
  if (due_time === null) return `;VALUE=DATE:${icsDate(date)}`;
  return `${time_zone === null ? '' : `;TZID=${time_zone}`}:${icsLocalTime(date, due_time)}`;
}

/** The rule from the current occurrence on: fewer are left of a COUNT, and UNTIL has the type of DTSTART. */
function ruleFromNow(task: TaskRow, rule: string, userZone: string): string {
  const done = (task.occurrence_number ?? 1) - 1;
  const { until } = parseRule(rule);
  return rule
    .toUpperCase()
    .replace(/;$/, '')
    .replace(/\bCOUNT=(\d+)/, (_, count) => `COUNT=${Math.max(1, Number(count) - done)}`)
    .replace(/\bUNTIL=[^;]+/, (part) => (until === null ? part : `UNTIL=${untilOf(task, until, userZone)}`));
}

/** After the last date of a task, in any zone. A later year may have five digits in another zone. */
const afterAll = '2101-01-02';

/** The end that lets the same occurrences happen as `isPastUntil` does. */
function untilOf({ due_time, time_zone }: TaskRow, until: Until, userZone: string): string {
  if (until.kind === 'instant') {
    const instant = until.instant < afterAll ? until.instant : `${afterAll}T00:00:00.000Z`;
    if (due_time !== null && time_zone !== null) return icsInstant(instant);
    const { date, time } = clockIn(userZone, new Date(instant));
    return due_time === null ? icsDate(date) : icsLocalTime(date, time);
  }
  const date = until.date < afterAll ? until.date : afterAll;
  const time = until.kind === 'local' ? until.time.slice(0, 5) : '23:59';
  if (due_time === null) return icsDate(date);
  return time_zone === null ? icsLocalTime(date, time) : icsInstant(instantOf(date, time, time_zone));
}

/** A repeating task has DTSTART, which its rule counts from; DUE would have to be later (RFC 5545 §3.8.2.3). */
function timeLines(task: TaskRow, userZone: string): string[] {
  const { due_date, due_time, due_at, time_zone, start_date, recurrence, excluded_dates } = task;
  if (recurrence !== null && due_date !== null)
    return [
      `DTSTART${clockTime(task.occurrence ?? due_date, task)}`,
      `RRULE:${ruleFromNow(task, recurrence, userZone)}`,
      ...excluded_dates.map((date) => `EXDATE${clockTime(date, task)}`),
    ];
  const isInstant = due_time !== null && time_zone !== null && due_at !== null;
  const due = isInstant ? `:${icsInstant(due_at)}` : clockTime(due_date ?? '', task);
  // DTSTART has to have the value type of DUE, and to be before it (RFC 5545 §3.8.2.3).
  const hasStart = start_date !== null && (due_date === null || (due_time === null && start_date < due_date));
  return [
    ...(hasStart ? [`DTSTART;VALUE=DATE:${icsDate(start_date)}`] : []),
    ...(due_date === null ? [] : [`DUE${due}`]),
  ];
}

function taskLines(task: TaskRow, projects: ReadonlyMap<string, string>, userZone: string): string[] {
  const project = projects.get(task.project_id ?? '');
  const optional = (name: string, value: string | null | undefined) =>
    value === null || value === undefined || value === '' ? [] : [`${name}:${value}`];
  return [
    'BEGIN:VTODO',
    `UID:${task.id}`,
    `DTSTAMP:${icsInstant(task.updated_at)}`,
    `CREATED:${icsInstant(task.created_at)}`,
    `LAST-MODIFIED:${icsInstant(task.updated_at)}`,
    `SEQUENCE:${task.version - 1}`,
    `SUMMARY:${icsText(task.title)}`,
    ...optional('DESCRIPTION', task.description && icsText(task.description)),
    `PRIORITY:${priorities[task.priority]}`,
    ...timeLines(task, userZone),
    ...optional('CATEGORIES', task.tags.map(icsText).join(',')),
    ...optional('RELATED-TO', task.parent_id),
    ...optional('X-DULY-PROJECT', project && icsText(project)),
    ...(task.recurrence === null ? [] : [`X-DULY-RECURRENCE-FROM:${task.recurrence_from.toUpperCase()}`]),
    `STATUS:${task.completed_at === null ? 'NEEDS-ACTION' : 'COMPLETED'}`,
    ...optional('COMPLETED', task.completed_at && icsInstant(task.completed_at)),
    'END:VTODO',
  ];
}

/** Writes the user's tasks as one iCalendar object (RFC 5545). Tasks in the trash are not in it. */
export async function writeIcs(tx: Tx, userId: string, sink: Sink): Promise<void> {
  await sink(linesText(['BEGIN:VCALENDAR', 'VERSION:2.0', `PRODID:-//Duly//Duly ${version}//EN`]));
  const projects = await readNames(tx, userId, 'projects');
  const userZone = await readTimeZone(tx, userId);
  const zones = new Set<string>();
  for await (const tasks of readTasks(tx, userId)) {
    const live = tasks.filter(({ deleted_at }) => deleted_at === null);
    for (const { time_zone, recurrence } of live) {
      if (time_zone === null || recurrence === null || zones.has(time_zone)) continue;
      zones.add(time_zone);
      await sink(linesText(zoneLines(time_zone, new Date())));
    }
    await sink(live.map((task) => linesText(taskLines(task, projects, userZone))).join(''));
  }
  await sink(linesText(['END:VCALENDAR']));
}
