import { type FoundData, ImportError, type ImportFormat, type ReadOptions } from '../model.ts';
import { type Clock, clockAt, readDateTime, readInstant } from './date-times.ts';
import { createFinder, type Finder } from './found.ts';
import { isJsonObject, type JsonObject, listIn, parseDocument, textIn } from './json.ts';
import { decodeText, headOf, joinLines } from './text.ts';

interface Item {
  place: string;
  project: string | null;
  task: JsonObject;
}

/** `due` is the midnight of a date in UTC; its time says nothing. */
function dateOf(value: unknown): string | null {
  return (typeof value === 'string' ? readDateTime(value)?.date : null) ?? null;
}

/** A task with a time of day has it beside its date, as an instant. */
function scheduledOf(value: unknown, zone: string): Clock | null {
  const times = listIn(value).filter(isJsonObject);
  const start = (times.find(({ current }) => current === true) ?? times[0])?.start;
  const found = typeof start === 'string' ? readDateTime(start) : null;
  return found === null || found.time === null ? null : clockAt(found, zone);
}

const linksOf = (value: unknown): string[] =>
  listIn(value).flatMap((link) => (isJsonObject(link) ? (textIn(link.link) ?? []) : []));

function addTask({ place, project, task }: Item, finder: Finder, zone: string): void {
  const isStarred = task.starred === true;
  const completed = task.status === 'completed';
  const scheduled = scheduledOf(task.scheduled_time, zone);
  const dueDate = dateOf(task.due);
  const id = textIn(task.id);
  finder.add({
    ...(id !== null && { key: id }),
    place,
    title: textIn(task.title) ?? '',
    description: joinLines(textIn(task.notes), ...linksOf(task.links)),
    priority: isStarred ? 'High' : null,
    project,
    parentKey: textIn(task.parent),
    dueDate: scheduled?.date ?? dueDate,
    dueTime: scheduled?.time ?? null,
    completed,
    completedAt: completed ? readInstant(task.completed) : null,
    createdAt: readInstant(task.created),
  });
  if (isStarred) finder.changed(place, 'its star is the priority High');
  if (textIn(task.task_recurrence_id) !== null && !completed)
    finder.changed(place, 'repeats in Google Tasks, but the file does not say how: it is a single task');
}

/** By `position`, which is a text. Siblings come out in this order. */
function byPosition(a: Item, b: Item): number {
  const [first, second] = [String(a.task.position ?? ''), String(b.task.position ?? '')];
  return first < second ? -1 : first > second ? 1 : 0;
}

function itemsOf(list: JsonObject, number: number): Item[] {
  const items = listIn(list.items).flatMap((task, index): Item[] => {
    const place = `items.${number}.items.${index}`;
    return isJsonObject(task) ? [{ place, project: textIn(list.title), task }] : [];
  });
  return items.sort(byPosition);
}

function read(file: Buffer, { timeZone }: ReadOptions): FoundData {
  const document = parseDocument(decodeText(file), 'Tasks.json of Google Takeout');
  if (!isJsonObject(document) || !Array.isArray(document.items))
    throw new ImportError('The file is not Tasks.json of Google Takeout: it has no "items"');
  const finder = createFinder();
  // The answer of the service for one list has its tasks at the top.
  const lists = document.kind === 'tasks#tasks' ? [document] : document.items;
  lists.filter(isJsonObject).forEach((list, number) => {
    for (const item of itemsOf(list, number)) {
      if (item.task.deleted === true) finder.skipped(item.place, 'is deleted');
      else addTask(item, finder, timeZone);
    }
  });
  return finder.finish();
}

export const googleTasks: ImportFormat = {
  name: 'google-tasks',
  label: 'Google Tasks (Takeout)',
  recognises(file) {
    const head = headOf(file);
    return /^\s*\{/.test(head) && /"tasks#task(?:Lists|s)"/.test(head);
  },
  read,
};
