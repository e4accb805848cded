import type { FoundTask } from '../model.ts';
import { type Clock, clockAt, readDateTime, readInstant } from './date-times.ts';
import type { Finder } from './found.ts';
import { isJsonObject, type JsonObject, listIn, textIn } from './json.ts';
import { joinLines, quote } from './text.ts';

/** Tasks of programs that name their fields as most people would. */

/** Names of fields as they may be, in lower case, with letters and digits only. The first that is there counts. */
const aliases = {
  id: ['id', 'uuid', 'taskid'],
  title: ['title', 'name', 'task', 'text', 'summary', 'todo'],
  description: ['description', 'notes', 'note', 'details', 'desc'],
  completed: ['completed', 'iscompleted', 'complete', 'done', 'isdone', 'status', 'state'],
  priority: ['priority', 'prio'],
  due: ['duedate', 'due', 'duedatetime', 'dueat', 'deadline'],
  dueTime: ['duetime'],
  tags: ['tags', 'labels', 'categories', 'category', 'tag'],
  project: ['project', 'list'],
  parent: ['parentid', 'parent'],
  created: ['createdat', 'created', 'createddate', 'creationdate', 'datecreated'],
  completedAt: ['completedat', 'completeddate', 'completiondate', 'doneat'],
} as const;
type Field = keyof typeof aliases;

type Fields = (field: Field) => unknown;

export const plainName = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '');

function fieldsOf(task: JsonObject): Fields {
  const values = new Map(Object.entries(task).map(([name, value]) => [plainName(name), value]));
  return (field) => {
    const name = aliases[field].find((alias) => values.has(alias));
    return name === undefined ? undefined : values.get(name);
  };
}

const isTitle: ReadonlySet<string> = new Set(aliases.title);
const others: ReadonlySet<string> = new Set(
  Object.values(aliases)
    .flat()
    .filter((name) => !isTitle.has(name)),
);

/** Whether names of fields or columns are those of tasks: one of a title, and one more. */
export function areFieldsOfTask(names: readonly string[]): boolean {
  const plain = names.map(plainName);
  return plain.some((name) => isTitle.has(name)) && plain.some((name) => others.has(name));
}

const doneWords = new Set([
  'true',
  'yes',
  'y',
  '1',
  'x',
  'done',
  'complete',
  'completed',
  'closed',
  'finished',
  '✓',
  '✔',
]);
const openWords = new Set([
  'false',
  'no',
  'n',
  '0',
  '',
  'open',
  'pending',
  'todo',
  'to do',
  'incomplete',
  'new',
  'active',
  'not started',
  'not completed',
  '✗',
]);
const priorities = new Map<string, FoundTask['priority']>([
  ...['high', 'h', 'urgent'].map((word): [string, 'High'] => [word, 'High']),
  ...['medium', 'm', 'med', 'normal'].map((word): [string, 'Medium'] => [word, 'Medium']),
  ...['low', 'l'].map((word): [string, 'Low'] => [word, 'Low']),
  ['', null],
  ['none', null],
]);

const wordOf = (value: unknown) =>
  (typeof value === 'boolean' ? String(value) : (textIn(value) ?? '')).trim().toLowerCase();

interface Reader {
  fields: Fields;
  changed(reason: string): void;
}

function isDone({ fields, changed }: Reader): boolean {
  const word = wordOf(fields('completed'));
  if (!doneWords.has(word) && !openWords.has(word)) changed(`its status ${quote(word)} is open here`);
  return doneWords.has(word);
}

function priorityOf({ fields, changed }: Reader): FoundTask['priority'] {
  const word = wordOf(fields('priority'));
  const priority = priorities.get(word);
  if (priority === undefined) changed(`the priority ${quote(word)} is not known: high, medium and low are`);
  return priority ?? null;
}

/** A list, a JSON list as text, or a text with `;` or `,` between the names. */
function tagsOf(value: unknown): string[] {
  const text = textIn(value);
  if (text === null)
    return listIn(value).flatMap((tag) =>
      isJsonObject(tag) ? (textIn(tag.name) ?? []) : (textIn(tag) ?? []),
    );
  if (text.trim().startsWith('[')) {
    try {
      return tagsOf(listIn(JSON.parse(text)));
    } catch {
      // A name may begin so.
    }
  }
  return text.split(text.includes(';') ? ';' : ',');
}

/** Midnight, in UTC or on a clock that is not named, is a date. */
function dueOf({ fields, changed }: Reader, userZone: string): Clock & { text: string | null } {
  const text = textIn(fields('due'));
  const found = text === null ? null : readDateTime(text);
  if (text === null || found === null) {
    if (text !== null) changed(`the due date ${quote(text)} is not one of a task; it is in the description`);
    return { date: '', time: null, text: text === null ? null : `Due: ${text}` };
  }
  const sentTime = readDateTime(`${found.date}T${textIn(fields('dueTime')) ?? ''}`)?.time ?? null;
  const isDate = found.time === '00:00' && (found.offsetMinutes ?? 0) === 0;
  return {
    ...(isDate ? { date: found.date, time: null } : clockAt(found, userZone)),
    ...(sentTime !== null && { time: sentTime }),
    text: null,
  };
}

/** A time without an offset is in UTC, as such programs store it. */
function instantOfField(value: unknown): string | null {
  const text = textIn(value)?.trim() ?? '';
  const found = readDateTime(text);
  if (found === null) return null;
  return readInstant(
    found.time === null ? `${found.date}T00:00Z` : found.offsetMinutes === null ? `${text}Z` : text,
  );
}

/** Adds a task of an object with such fields. */
export function addPlainTask(task: JsonObject, place: string, finder: Finder, userZone: string): void {
  const fields = fieldsOf(task);
  const reader: Reader = { fields, changed: (reason) => finder.changed(place, reason) };
  const id = textIn(fields('id'));
  const completed = isDone(reader);
  const due = dueOf(reader, userZone);
  finder.add({
    ...(id !== null && { key: id }),
    place,
    title: textIn(fields('title')) ?? '',
    description: joinLines(textIn(fields('description')), due.text),
    priority: priorityOf(reader),
    tags: tagsOf(fields('tags')),
    project: textIn(fields('project')),
    parentKey: textIn(fields('parent')),
    dueDate: due.date === '' ? null : due.date,
    dueTime: due.time,
    completed,
    completedAt: completed ? instantOfField(fields('completedAt')) : null,
    createdAt: instantOfField(fields('created')),
  });
}
