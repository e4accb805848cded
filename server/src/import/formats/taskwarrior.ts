import {
  type FoundData,
  type FoundTask,
  ImportError,
  type ImportFormat,
  type ReadOptions,
} from '../model.ts';
import { type Clock, clockAt, readDateTime, readInstant } from './date-times.ts';
import { createFinder, type Finder } from './found.ts';
import { isJsonObject, type JsonObject, listIn, parseDocument, textIn } from './json.ts';
import { ruleOf } from './repeats.ts';
import { decodeText, headOf, joinLines, quote } from './text.ts';

interface Item {
  place: string;
  task: JsonObject;
}

/** An array, or an object on each line, with a comma after it or without. */
function readItems(text: string): Item[] {
  const trimmed = text.trim();
  if (trimmed.startsWith('[')) {
    const values = listIn(parseDocument(trimmed, 'an export of Taskwarrior'));
    return values.flatMap((task, index) =>
      isJsonObject(task) ? [{ place: `task ${index + 1}`, task }] : [],
    );
  }
  return text.split('\n').flatMap((sent, index) => {
    const line = sent.trim().replace(/,$/, '');
    if (line === '') return [];
    try {
      const task: unknown = JSON.parse(line);
      if (isJsonObject(task)) return [{ place: `line ${index + 1}`, task }];
    } catch {
      // Answered below.
    }
    throw new ImportError(`Line ${index + 1} is not a task of Taskwarrior: a JSON object was expected`);
  });
}

const priorities = new Map<unknown, FoundTask['priority']>([
  ['H', 'High'],
  ['M', 'Medium'],
  ['L', 'Low'],
]);

/** What is read below, and what is derived or of the program itself. */
const known = new Set([
  ...['uuid', 'description', 'project', 'tags', 'priority', 'due', 'scheduled', 'wait', 'annotations'],
  ...['status', 'depends', 'recur', 'entry', 'end', 'modified', 'id', 'urgency', 'mask', 'imask', 'parent'],
  ...['rtype', 'template', 'last', 'start', 'until'],
]);

const wordsOfRepeat: ReadonlyMap<string, string> = new Map([
  ...['day', 'daily', 'P1D'].map((word) => [word, ruleOf('DAILY', 1)] as const),
  ['weekdays', ruleOf('WEEKLY', 1, 'BYDAY=MO,TU,WE,TH,FR')],
  ...['week', 'weekly', 'sennight'].map((word) => [word, ruleOf('WEEKLY', 1)] as const),
  ...['biweekly', 'fortnight'].map((word) => [word, ruleOf('WEEKLY', 2)] as const),
  ...['month', 'monthly'].map((word) => [word, ruleOf('MONTHLY', 1)] as const),
  ['bimonthly', ruleOf('MONTHLY', 2)],
  ...['quarter', 'quarterly'].map((word) => [word, ruleOf('MONTHLY', 3)] as const),
  ['semiannual', ruleOf('MONTHLY', 6)],
  ...['year', 'yearly', 'annual'].map((word) => [word, ruleOf('YEARLY', 1)] as const),
  ...['biannual', 'biyearly'].map((word) => [word, ruleOf('YEARLY', 2)] as const),
]);

/** `3d`, `2weeks`, `P1M`. Text that is none of these is returned, and refused as a rule later. */
function readRecur(text: string): string {
  const word = wordsOfRepeat.get(text);
  if (word !== undefined || text.length > 20) return word ?? text;
  const [, iso, isoUnit, plain, plainUnit = ''] =
    /^(?:P(\d{1,3})([DWMY])|(\d{1,3}) ?(d|days?|w|wks?|weeks?|mo|mths?|months?|q|quarters?|y|yrs?|years?))$/.exec(
      text,
    ) ?? [];
  const count = Number(iso ?? plain ?? 0);
  if (count === 0) return text;
  const unit = isoUnit ?? plainUnit.charAt(0).toUpperCase();
  if (unit === 'D') return ruleOf('DAILY', count);
  if (unit === 'W') return ruleOf('WEEKLY', count);
  if (unit === 'Y') return ruleOf('YEARLY', count);
  return ruleOf('MONTHLY', unit === 'Q' ? count * 3 : count);
}

/** Dates without a time are stored as the midnight of the user's clock, or as the last second of a day. */
function clockOf(value: unknown, zone: string): Clock | null {
  const found = typeof value === 'string' ? readDateTime(value) : null;
  if (found === null) return null;
  const { date, time } = clockAt(found, zone);
  const isDay = time === '00:00' || (time === '23:59' && found.seconds === 59);
  return { date, time: isDay ? null : time };
}

function annotationsOf(value: unknown): string[] {
  return listIn(value).flatMap((annotation) => {
    if (!isJsonObject(annotation)) return [];
    const entry = readInstant(annotation.entry)?.slice(0, 10);
    const text = textIn(annotation.description);
    return text === null ? [] : [entry === undefined ? text : `${entry} ${text}`];
  });
}

/** A repeating task has a task for each date. The last one that is open goes on with the rule. */
function lastOpenOf(items: readonly Item[]): Set<JsonObject> {
  const last = new Map<string, JsonObject>();
  for (const { task } of items) {
    const parent = textIn(task.parent);
    if (parent === null || (task.status !== 'pending' && task.status !== 'waiting')) continue;
    const other = last.get(parent);
    if (other === undefined || String(other.due ?? '') <= String(task.due ?? '')) last.set(parent, task);
  }
  return new Set(last.values());
}

function reportRest({ place, task }: Item, finder: Finder): void {
  const depends = textIn(task.depends)?.split(',') ?? listIn(task.depends);
  if (depends.length > 0)
    finder.changed(place, `waits for ${depends.length} other tasks, which has no equal here`);
  if (textIn(task.wait) !== null && textIn(task.scheduled) !== null)
    finder.changed(
      place,
      `starts when its wait ends; its scheduled time ${quote(String(task.scheduled))} is left out`,
    );
  if (textIn(task.until) !== null) finder.changed(place, 'its end (until) has no equal here');
  const rest = Object.keys(task).filter((name) => !known.has(name));
  if (rest.length > 0) finder.changed(place, `the fields ${quote(rest.join(', '))} have no equal here`);
}

function addTask(item: Item, repeats: boolean, finder: Finder, zone: string): void {
  const { place, task } = item;
  const due = clockOf(task.due, zone);
  if (due === null && textIn(task.due) !== null)
    finder.changed(place, `the due date ${quote(String(task.due))} is not one that a task may have`);
  const completed = task.status === 'completed';
  const scheduled = clockOf(task.scheduled, zone);
  const start = clockOf(task.wait, zone) ?? scheduled;
  const recur = textIn(task.recur);
  finder.add({
    ...(textIn(task.uuid) !== null && { key: String(task.uuid) }),
    place,
    title: textIn(task.description) ?? '',
    description: joinLines(...annotationsOf(task.annotations)),
    priority: priorities.get(task.priority) ?? null,
    tags: listIn(task.tags).flatMap((tag) => textIn(tag) ?? []),
    project: textIn(task.project),
    dueDate: due?.date ?? null,
    dueTime: due?.time ?? null,
    startDate: start?.date ?? null,
    recurrence: recur !== null && repeats ? readRecur(recur) : null,
    completed,
    completedAt: completed ? readInstant(task.end) : null,
    createdAt: readInstant(task.entry),
  });
  reportRest(item, finder);
}

function read(file: Buffer, { timeZone }: ReadOptions): FoundData {
  const items = readItems(decodeText(file));
  const lastOpen = lastOpenOf(items);
  const finder = createFinder();
  for (const item of items) {
    const { place, task } = item;
    if (task.status === 'deleted') finder.skipped(place, 'is deleted');
    else if (task.status === 'recurring')
      finder.skipped(place, 'is the template of a repeating task; its last open task repeats instead');
    else {
      const isOpen = task.status !== 'completed';
      addTask(item, textIn(task.parent) === null ? isOpen : lastOpen.has(task), finder, timeZone);
    }
  }
  return finder.finish();
}

export const taskwarrior: ImportFormat = {
  name: 'taskwarrior',
  label: 'Taskwarrior (JSON)',
  recognises(file) {
    const head = headOf(file);
    return (
      /^\s*(?:\[\s*)?\{/.test(head) &&
      ['"uuid"', '"description"', '"entry"'].every((name) => head.includes(name))
    );
  },
  read,
};
