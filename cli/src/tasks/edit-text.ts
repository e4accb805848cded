import { parseQuickAdd } from '@duly/quick-add';
import type { Project, Task } from '../../../client/src/index.ts';
import { Failure } from '../failure.ts';
import type { LocalTime } from './clock.ts';
import { findProject } from './projects.ts';

/** A task as lines of text, by the name of the line. */
export interface EditFields {
  title: string;
  due: string;
  start: string;
  repeat: string;
  priority: string;
  project: string;
  tags: string;
  description: string;
}
export type EditField = keyof EditFields;

export const editFields: readonly EditField[] = [
  ...(['title', 'due', 'start', 'repeat', 'priority', 'project', 'tags', 'description'] as const),
];
const lineFields = editFields.filter((name) => name !== 'description');
const separator = '---';

export function editFieldsOf(task: Task, projects: readonly Project[]): EditFields {
  return {
    title: task.title,
    due: [task.due_date ?? '', task.due_time ?? ''].join(' ').trim(),
    start: task.start_date ?? '',
    repeat: task.recurrence ?? '',
    priority: task.priority,
    project: projects.find(({ id }) => id === task.project_id)?.name ?? '',
    tags: task.tags.toSorted().join(', '),
    description: task.description ?? '',
  };
}

/** The text that an editor opens. */
export const renderEdit = (fields: EditFields): string =>
  [
    '# Lines before --- that begin with # are ignored. An empty value is taken away.',
    '# due is a date and a time, such as 2026-12-24 09:00, or words such as tomorrow 9am. repeat is an RRULE.',
    ...lineFields.map((name) => `${name}: ${fields[name]}`.trimEnd()),
    `${separator} the description follows`,
    `${fields.description}\n`,
  ].join('\n');

/** @throws Failure about a line that is none of these */
export function parseEdit(text: string): EditFields {
  const lines = text.replaceAll('\r\n', '\n').split('\n');
  const end = lines.findIndex((line) => line.startsWith(separator));
  if (end < 0) throw new Failure('usage', `The line ${separator} is missing, which the description follows`);
  const values = new Map<string, string>();
  for (const line of lines.slice(0, end)) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const [, name = '', value = ''] = /^([a-z]+):(.*)$/.exec(line) ?? [];
    if (!lineFields.some((one) => one === name) || values.has(name))
      throw new Failure('usage', `"${line}" is no line that was there: ${lineFields.join(', ')}`);
    values.set(name, value.trim());
  }
  const missing = lineFields.filter((name) => !values.has(name));
  if (missing.length > 0)
    throw new Failure('usage', `There is no line ${missing.join(', ')}: leave its value empty`);
  const value = (name: EditField) => values.get(name) ?? '';
  return {
    ...{ title: value('title'), due: value('due'), start: value('start'), repeat: value('repeat') },
    ...{ priority: value('priority'), project: value('project'), tags: value('tags') },
    description: lines
      .slice(end + 1)
      .join('\n')
      .trimEnd(),
  };
}

interface Due {
  due_date: string | null;
  due_time?: string | null;
}

/** @throws Failure */
function readDue(text: string, now: LocalTime): Due {
  if (text === '') return { due_date: null };
  const [, date, time] = /^(\d{4}-\d{2}-\d{2})(?: (\d{2}:\d{2}))?$/.exec(text) ?? [];
  if (date !== undefined) return { due_date: date, due_time: time ?? null };
  const { title, due_date, due_time } = parseQuickAdd(text, { now });
  if (title !== '' || due_date === undefined)
    throw new Failure(
      'usage',
      `due: "${text}" is no date such as 2026-12-24, 2026-12-24 09:00 or tomorrow 9am`,
    );
  return { due_date, due_time: due_time ?? null };
}

const priorities = ['High', 'Medium', 'Low'] as const;

function readPriority(text: string): Task['priority'] {
  const found = priorities.find((one) => one.toLowerCase() === text.toLowerCase());
  if (found !== undefined) return found;
  throw new Failure('usage', `priority: "${text}" is not High, Medium or Low`);
}

/** What the fields of these names are on the API. @throws Failure about a value */
export function inputOf(
  fields: EditFields,
  names: readonly EditField[],
  projects: readonly Project[],
  now: LocalTime,
) {
  const orNull = (text: string) => (text === '' ? null : text);
  const has = (name: EditField) => names.includes(name);
  if (fields.title === '') throw new Failure('usage', 'title: a task needs one');
  const project = fields.project === '' ? 'none' : fields.project;
  const tags = fields.tags.split(',').flatMap((tag) => tag.trim() || []);
  return {
    ...(has('title') && { title: fields.title }),
    ...(has('due') && readDue(fields.due, now)),
    ...(has('start') && { start_date: orNull(fields.start) }),
    ...(has('repeat') && { recurrence: orNull(fields.repeat) }),
    ...(has('priority') && { priority: readPriority(fields.priority) }),
    ...(has('project') && { project_id: findProject(projects, project) }),
    ...(has('tags') && { tags }),
    ...(has('description') && { description: orNull(fields.description) }),
  };
}
