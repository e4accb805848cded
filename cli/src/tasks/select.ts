import type { Task } from '../../../client/src/index.ts';
import type { Mirror } from '../mirror.ts';
import { addDays, clockIn, type LocalTime } from './clock.ts';
import { findProject } from './projects.ts';

export interface Selection {
  words?: string[];
  project?: string | undefined;
  tags?: string[];
  priority?: string | undefined;
  due?: string | undefined;
  status?: string | undefined;
  /** Also tasks that start later, and those of archived projects. */
  withDeferred?: boolean;
  sort?: string | undefined;
}

/** When a task is due, on the clock of the user; null: never. */
export function dueIn(zone: string | null, { due_at, due_date, due_time }: Task): LocalTime | null {
  if (due_at !== null) return clockIn(zone, new Date(due_at));
  if (due_date === null) return null;
  // A date is due all day. A task that is not sent yet has no instant.
  return { date: due_date, time: due_time ?? '' };
}

export function isOverdue(due: LocalTime | null, now: LocalTime): boolean {
  if (due === null) return false;
  return due.date < now.date || (due.date === now.date && due.time !== '' && due.time <= now.time);
}

/** By the same words as the server's `due`, and `until-today`: today or overdue. */
function isDue(due: LocalTime | null, when: string, now: LocalTime): boolean {
  if (due === null) return when === 'none';
  if (when === 'any') return true;
  if (when === 'overdue') return isOverdue(due, now);
  if (when === 'until-today') return due.date <= now.date;
  if (when === 'tomorrow') return due.date === addDays(now.date, 1);
  if (when === 'week') return due.date >= now.date && due.date <= addDays(now.date, 6);
  return when === 'today' && due.date === now.date;
}

/** Case and accents do not count, nearly as on the server. */
export const fold = (text: string): string =>
  text
    .normalize('NFKD')
    .replaceAll(/[\u0300-\u036f]/g, '')
    .toLowerCase()
    .normalize('NFC');

function hasWords({ title, description }: Task, words: readonly string[]): boolean {
  const text = fold(`${title}\n${description ?? ''}`);
  return words.every((word) => text.includes(fold(word)));
}

/** The tasks that the user asks for, in order. @throws Failure about an unknown project */
export function selectTasks({ offline, zone }: Mirror, selection: Selection): Task[] {
  const { words = [], tags = [], priority, due, status = 'pending', withDeferred = false } = selection;
  const now = clockIn(zone);
  const projects = offline.projects.all();
  const projectId = selection.project && findProject(projects, selection.project);
  const archived = new Set(projects.filter((project) => project.archived).map(({ id }) => id));
  const wantedTags = tags.map(fold);
  const isWanted = (task: Task): boolean =>
    (status === 'all' || task.completed === (status === 'completed')) &&
    (priority === undefined || task.priority.toLowerCase() === priority) &&
    (projectId === undefined || task.project_id === projectId) &&
    (due === undefined || isDue(dueIn(zone, task), due, now)) &&
    (withDeferred || (task.start_date ?? '') <= now.date) &&
    (withDeferred || projectId !== undefined || !archived.has(task.project_id ?? '')) &&
    wantedTags.every((tag) => task.tags.some((one) => fold(one) === tag)) &&
    hasWords(task, words);
  const tasks = offline.tasks.all().filter(isWanted);
  return sorted(tasks, zone, selection.sort ?? 'due');
}

const priorities = ['High', 'Medium', 'Low'];
const compare = (a: string | number, b: string | number): number => (a < b ? -1 : Number(a > b));

/** What is equal stays in the manual order. */
function sorted(tasks: Task[], zone: string | null, order: string): Task[] {
  const byPriority = (task: Task) => priorities.indexOf(task.priority);
  const keys: Record<string, (task: Task) => string | number> = {
    priority: byPriority,
    title: ({ title }) => fold(title),
    created: ({ created_at }) => created_at,
    due: (task) => {
      const due = dueIn(zone, task);
      // Tasks without a due date come last.
      return due === null ? `~ ${byPriority(task)}` : `${due.date} ${due.time} ${byPriority(task)}`;
    },
  };
  const key = keys[order];
  return key === undefined ? tasks : tasks.toSorted((a, b) => compare(key(a), key(b)));
}
