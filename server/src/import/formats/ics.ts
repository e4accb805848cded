import type { FoundData, FoundTask, ImportFormat, ReadOptions } from '../model.ts';
import { clockAt, readDateTime, readInstant } from './date-times.ts';
import { createFinder, type Finder } from './found.ts';
import {
  type IcsComponent,
  type IcsProperty,
  readCalendars,
  splitTexts,
  unescapeText,
} from './ics-components.ts';
import { hasUnknownZone, type IcsTime, minutesOfAlarm, readTime, timesOf } from './ics-times.ts';
import type { RuleMove } from './repeats.ts';
import { decodeText, headOf, joinLines, quote } from './text.ts';
import { createZoneNames, type ZoneNames } from './zone-names.ts';

interface Todo {
  todo: IcsComponent;
  place: string;
  project: string | null;
  zones: ZoneNames;
  finder: Finder;
}

const propertyOf = ({ properties }: IcsComponent, name: string): IcsProperty | undefined =>
  properties.find((property) => property.name === name);

function textOf(component: IcsComponent, name: string): string | null {
  const value = propertyOf(component, name)?.value;
  return value === undefined || value.trim() === '' ? null : unescapeText(value);
}

/** RFC 5545 §3.8.1.9: 1 is the highest, 9 the lowest, 0 is none. */
function priorityOf({ todo }: Todo): FoundTask['priority'] {
  const value = Number(textOf(todo, 'PRIORITY') ?? 0);
  if (!(value >= 1 && value <= 9)) return null;
  if (value < 5) return 'High';
  return value === 5 ? 'Medium' : 'Low';
}

function timeOf({ todo, place, zones, finder }: Todo, name: string): IcsTime | null {
  const property = propertyOf(todo, name);
  if (property === undefined) return null;
  const time = readTime(property, zones);
  if (time === null)
    finder.changed(place, `its ${name} ${quote(property.value)} is no time that a task may have`);
  else if (hasUnknownZone(property, zones))
    finder.changed(
      place,
      `the time zone ${quote(property.params.get('TZID') ?? '')} is not known: the time is yours`,
    );
  return time;
}

function isDone({ todo, place, finder }: Todo): boolean {
  const status = textOf(todo, 'STATUS')?.trim().toUpperCase();
  if (status === 'CANCELLED') finder.changed(place, 'is cancelled, which is completed here');
  if (status === 'IN-PROCESS') finder.changed(place, 'is in process, which is open here');
  const isFull = status === undefined && Number(textOf(todo, 'PERCENT-COMPLETE') ?? 0) >= 100;
  const hasTime = status === undefined && propertyOf(todo, 'COMPLETED') !== undefined;
  return status === 'COMPLETED' || status === 'CANCELLED' || isFull || hasTime;
}

/** The key of the parent task: RELATED-TO may also name siblings and children. */
function parentOf({ todo, place, finder }: Todo): string | null {
  const relations = todo.properties.filter(({ name }) => name === 'RELATED-TO');
  const isParent = ({ params }: IcsProperty) =>
    (params.get('RELTYPE') ?? 'PARENT').toUpperCase() === 'PARENT';
  const others = relations.filter((relation) => !isParent(relation));
  if (others.length > 0) finder.changed(place, 'is related to other tasks, which has no equal here');
  const parent = relations.find(isParent);
  return parent === undefined ? null : unescapeText(parent.value);
}

function descriptionOf({ todo, place, finder }: Todo): string | null {
  const location = textOf(todo, 'LOCATION');
  if (location !== null) finder.changed(place, 'its location is in the description');
  if (propertyOf(todo, 'ATTACH') !== undefined) finder.changed(place, 'its attachments are left out');
  return joinLines(textOf(todo, 'DESCRIPTION'), textOf(todo, 'URL'), location && `Location: ${location}`);
}

/** The dates of a series that do not happen. */
const excludedDatesOf = ({ todo, zones }: Todo): string[] =>
  todo.properties
    .filter(({ name }) => name === 'EXDATE')
    .flatMap((property) =>
      property.value.split(',').flatMap((value) => readTime({ ...property, value }, zones)?.date ?? []),
    );

/** A rule has the days of the clock of its start: of one in UTC, they may be others on the user's. */
function ruleMoveOf({ todo, zones }: Todo): RuleMove | null {
  const first = propertyOf(todo, 'DTSTART') ?? propertyOf(todo, 'DUE');
  const found = first === undefined ? null : readDateTime(first.value);
  return found === null ? null : { from: found.date, to: clockAt(found, zones.own).date };
}

function remindersOf(
  { todo, place, zones, finder }: Todo,
  due: IcsTime | null,
  start: IcsTime | null,
): number[] {
  const alarms = todo.components.filter(({ name }) => name === 'VALARM');
  const time = due ?? start;
  return alarms.flatMap((alarm) => {
    if (textOf(alarm, 'ACTION')?.trim().toUpperCase() === 'NONE') return [];
    const minutes = time === null ? null : minutesOfAlarm(alarm, time, start, zones);
    if (minutes === null)
      finder.changed(place, 'a reminder is left out: it is not of a time before or after the due date');
    return minutes ?? [];
  });
}

function addTodo(entry: Todo): void {
  const { todo, place, finder, project } = entry;
  if (propertyOf(todo, 'RECURRENCE-ID') !== undefined) {
    finder.skipped(place, 'changes one date of a repeating task, which has no equal here');
    return;
  }
  const due = timeOf(entry, 'DUE');
  const start = timeOf(entry, 'DTSTART');
  const uid = textOf(todo, 'UID')?.trim();
  const completed = isDone(entry);
  if (propertyOf(todo, 'RDATE') !== undefined)
    finder.changed(place, 'its further dates (RDATE) are left out');
  const categories = todo.properties.filter(({ name }) => name === 'CATEGORIES');
  const isFromCompletion = textOf(todo, 'X-DULY-RECURRENCE-FROM')?.toUpperCase() === 'COMPLETION';
  finder.add({
    ...(uid !== undefined && { key: uid }),
    place,
    title: textOf(todo, 'SUMMARY') ?? '',
    description: descriptionOf(entry),
    priority: priorityOf(entry),
    tags: categories.flatMap(({ value }) => splitTexts(value)),
    project: textOf(todo, 'X-DULY-PROJECT') ?? project,
    parentKey: parentOf(entry),
    ...timesOf(due, start),
    recurrence: propertyOf(todo, 'RRULE')?.value ?? null,
    ruleMove: ruleMoveOf(entry),
    recurrenceFrom: isFromCompletion ? 'completion' : 'due',
    excludedDates: excludedDatesOf(entry),
    completed,
    completedAt: completed ? readInstant(propertyOf(todo, 'COMPLETED')?.value.trim()) : null,
    createdAt: readInstant(propertyOf(todo, 'CREATED')?.value.trim()),
    reminders: remindersOf(entry, due, start),
  });
}

function read(file: Buffer, { timeZone }: ReadOptions): FoundData {
  const zones = createZoneNames(timeZone);
  const finder = createFinder();
  for (const calendar of readCalendars(decodeText(file))) {
    const project = textOf(calendar, 'X-WR-CALNAME');
    for (const component of calendar.components) {
      const place = `line ${component.line}`;
      if (component.name === 'VTODO') addTodo({ todo: component, place, project, zones, finder });
      else if (component.name !== 'VTIMEZONE')
        finder.skipped(place, `is a ${quote(component.name)}, and no task`);
    }
  }
  return finder.finish();
}

export const ics: ImportFormat = {
  name: 'ics',
  label: 'iCalendar (Apple Reminders, Thunderbird, Duly)',
  recognises: (file) => /^\s*BEGIN:VCALENDAR/i.test(headOf(file)),
  read,
};
