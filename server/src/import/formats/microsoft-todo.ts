import { instantOf } from '../../dates/zones.ts';
import {
  type FoundData,
  type FoundTask,
  ImportError,
  type ImportFormat,
  type ReadOptions,
} from '../model.ts';
import { type Clock, clockAt, minutesBetween, readDateTime, readInstant } from './date-times.ts';
import { createFinder, type Finder } from './found.ts';
import { textOfHtml } from './html.ts';
import { isJsonObject, type JsonObject, listIn, parseDocument, textIn } from './json.ts';
import { microsoftRepeat } from './microsoft-repeats.ts';
import { decodeText, headOf, joinLines, quote } from './text.ts';
import { createZoneNames, type ZoneNames } from './zone-names.ts';

/**
 * Microsoft To Do has no export of its own. Read is what programs make of its lists and tasks in Microsoft Graph
 * (`todoTaskList`, `todoTask`): an array of lists with `tasks`, such lists or tasks as `value` of an answer, `lists`
 * beside `tasks` by the id of the list, and an array of tasks, whose project is the name of the file.
 */
interface List {
  name: string | null;
  place: string;
  tasks: readonly unknown[];
}

/** The elements of an array or of the answer of a request. */
const elementsOf = (value: unknown): readonly unknown[] =>
  isJsonObject(value) ? listIn(value.value) : listIn(value);

/** The list that every account has is no project. */
const nameOfList = (list: JsonObject): string | null =>
  list.wellknownListName === 'defaultList'
    ? null
    : (textIn(list.displayName) ?? textIn(list.name) ?? textIn(list.title));

const isList = (value: unknown): value is JsonObject =>
  isJsonObject(value) && (Array.isArray(value.tasks) || isJsonObject(value.tasks));

function listsOf(document: unknown, fileName: string): List[] {
  if (isJsonObject(document) && Array.isArray(document.lists)) {
    const { lists, tasks } = document;
    return lists.filter(isJsonObject).map((list, index) => {
      const others = isJsonObject(tasks) ? tasks[String(list.id)] : undefined;
      const name = nameOfList(list);
      return { name, place: `lists.${index}.tasks`, tasks: elementsOf(list.tasks ?? others) };
    });
  }
  if (isList(document))
    return [{ name: nameOfList(document), place: 'tasks', tasks: elementsOf(document.tasks) }];
  const elements = elementsOf(document);
  if (elements.some(isList))
    return elements.flatMap((list, index) =>
      isList(list)
        ? [{ name: nameOfList(list), place: `${index}.tasks`, tasks: elementsOf(list.tasks) }]
        : [],
    );
  if (!Array.isArray(document) && !(isJsonObject(document) && Array.isArray(document.value)))
    throw new ImportError(
      'The file has no lists of Microsoft To Do: no array, and neither "lists" nor "value"',
    );
  const name = fileName.replace(/\.json$/i, '').trim();
  return [{ name: name === '' ? null : name, place: 'tasks', tasks: elements }];
}

/** A `dateTimeTimeZone` on the user's clock. Zones that the runtime does not know are taken for the user's. */
function clockOf(value: unknown, zones: ZoneNames): Clock | null {
  if (!isJsonObject(value) || typeof value.dateTime !== 'string') return null;
  const found = readDateTime(value.dateTime);
  if (found === null || found.time === null) return found;
  const zone = textIn(value.timeZone) ?? 'UTC';
  if (!zones.isKnown(zone) || found.offsetMinutes !== null) return clockAt(found, zones.own);
  return clockAt(readDateTime(instantOf(found.date, found.time, zone)) ?? found, zones.own);
}

/** A zone by the name that Windows has for it, such as W. Europe Standard Time. */
function unknownZone(value: unknown, zones: ZoneNames): string | null {
  const zone = isJsonObject(value) ? textIn(value.timeZone) : null;
  return zone === null || zones.isKnown(zone) ? null : zone;
}

/** To Do has dates only. Midnight is one as it stands; any other time is a midnight of the user in another zone. */
function dateOf(value: unknown, zones: ZoneNames): string | null {
  if (!isJsonObject(value) || typeof value.dateTime !== 'string') return null;
  const found = readDateTime(value.dateTime);
  if (found === null || found.time === null || found.time === '00:00') return found?.date ?? null;
  return clockOf(value, zones)?.date ?? null;
}

function instantOfClock(value: unknown, zones: ZoneNames): string | null {
  const clock = clockOf(value, zones);
  return clock === null ? null : instantOf(clock.date, clock.time ?? '00:00', zones.own);
}

const priorities = new Map<unknown, FoundTask['priority']>([
  ['low', 'Low'],
  ['normal', null],
  ['high', 'High'],
]);
const states = new Map<unknown, string>([
  ['inProgress', 'in progress'],
  ['waitingOnOthers', 'waiting for others'],
  ['deferred', 'deferred'],
]);

function descriptionOf({ body, linkedResources }: JsonObject): string | null {
  const content = isJsonObject(body) ? textIn(body.content) : textIn(body);
  const isHtml = isJsonObject(body) && body.contentType === 'html';
  const links = listIn(linkedResources).flatMap((link) =>
    isJsonObject(link) ? (textIn(link.webUrl) ?? textIn(link.displayName) ?? []) : [],
  );
  return joinLines(content && isHtml ? textOfHtml(content) : content, ...links);
}

interface Item {
  task: JsonObject;
  place: string;
  project: string | null;
}

type Due = Pick<FoundTask, 'dueDate' | 'dueTime' | 'reminders'>;

/** A reminder without a due date is what the task is due at. */
function dueOf({ task, place }: Item, finder: Finder, zones: ZoneNames): Due {
  const date = dateOf(task.dueDateTime, zones);
  const reminder = task.isReminderOn === false ? null : clockOf(task.reminderDateTime, zones);
  const zone = reminder === null ? null : unknownZone(task.reminderDateTime, zones);
  if (zone !== null) finder.changed(place, `the time zone ${quote(zone)} is not known: the time is yours`);
  if (date !== null) {
    const due = { date, time: null };
    return {
      dueDate: date,
      dueTime: null,
      reminders: reminder === null ? [] : [minutesBetween(reminder, due)],
    };
  }
  if (reminder === null) return { dueDate: null, dueTime: null, reminders: [] };
  finder.changed(
    place,
    `is due at its reminder, ${reminder.date} ${reminder.time ?? ''}: it has no due date`,
  );
  return { dueDate: reminder.date, dueTime: reminder.time, reminders: [0] };
}

function addTask(item: Item, finder: Finder, zones: ZoneNames): void {
  const { task, place, project } = item;
  const completed = task.status === 'completed';
  const id = textIn(task.id);
  const due = dueOf(item, finder, zones);
  const start = dateOf(task.startDateTime, zones);
  const key = finder.add({
    ...(id !== null && { key: id }),
    place,
    title: textIn(task.title) ?? textIn(task.subject) ?? '',
    description: descriptionOf(task),
    priority: priorities.get(task.importance) ?? null,
    tags: listIn(task.categories).flatMap((category) => textIn(category) ?? []),
    project,
    ...due,
    startDate: start,
    // A done task with a pattern is one date of a series, whose open task has the pattern as well.
    recurrence: completed ? null : microsoftRepeat(task.recurrence),
    completed,
    completedAt: completed ? instantOfClock(task.completedDateTime, zones) : null,
    createdAt: readInstant(task.createdDateTime),
  });
  const state = states.get(task.status);
  if (state !== undefined) finder.changed(place, `is ${state}, which is open here`);
  if (task.hasAttachments === true) finder.changed(place, 'its attachments are not in the file');
  if (key !== null) addSteps(item, key, completed, finder);
}

/** Steps are subtasks. */
function addSteps({ task, place, project }: Item, parentKey: string, isDone: boolean, finder: Finder): void {
  listIn(task.checklistItems).forEach((step, index) => {
    if (!isJsonObject(step)) return;
    const id = textIn(step.id);
    const completed = isDone || step.isChecked === true;
    finder.add({
      ...(id !== null && { key: `${parentKey} ${id}` }),
      place: `${place}.checklistItems.${index}`,
      title: textIn(step.displayName) ?? '',
      project,
      parentKey,
      completed,
      completedAt: completed ? readInstant(step.checkedDateTime) : null,
      createdAt: readInstant(step.createdDateTime),
    });
  });
}

function read(file: Buffer, { fileName, timeZone }: ReadOptions): FoundData {
  const zones = createZoneNames(timeZone);
  const document = parseDocument(decodeText(file), 'lists of Microsoft To Do');
  const finder = createFinder();
  for (const { name, place, tasks } of listsOf(document, fileName))
    tasks.forEach((task, index) => {
      const item = { place: `${place}.${index}`, project: name };
      if (isJsonObject(task)) addTask({ ...item, task }, finder, zones);
      else finder.skipped(item.place, 'is no task');
    });
  return finder.finish();
}

export const microsoftTodo: ImportFormat = {
  name: 'microsoft-todo',
  label: 'Microsoft To Do (JSON of Microsoft Graph)',
  recognises(file) {
    const head = headOf(file);
    const has = (...names: string[]) => names.every((name) => head.includes(`"${name}"`));
    const isOfGraph = has('displayName') && (has('wellknownListName') || has('isOwner') || has('tasks'));
    return (
      /^\s*[[{]/.test(head) &&
      (isOfGraph || (has('title', 'importance', 'status') && head.includes('DateTime"')))
    );
  },
  read,
};
