import type { Task } from '../../../client/src/index.ts';
import type { Mirror } from '../mirror.ts';
import { print, printJson } from '../output/print.ts';
import { type Cell, tableOf } from '../output/table.ts';
import { type Style, safe } from '../output/terminal.ts';
import { clockIn, describeDate, type LocalTime } from './clock.ts';
import { dueIn, isOverdue } from './select.ts';

/** As `--json` has it: what the API has, with the number. */
export const taskJson = ({ numbers }: Mirror, task: Task) => ({ number: numbers.of(task.id), ...task });

export function describeDue(due: LocalTime | null, now: LocalTime): string {
  return due === null ? '' : `${describeDate(due.date, now.date)} ${due.time}`.trim();
}

const priorityStyles: Record<string, Style> = { High: 'red', Low: 'dim' };
const priorityMarks: Record<string, string> = { High: '!', Medium: '', Low: '↓' };

const layout = [
  { isNumber: true },
  {},
  { isFlexible: true },
  {},
  { fromWidth: 60 },
  { fromWidth: 60 },
] as const;

function rowOf({ offline, numbers, zone }: Mirror, task: Task, now: LocalTime): Cell[] {
  const { title, completed, priority, project_id, tags, recurrence, progress } = task;
  const due = dueIn(zone, task);
  const marks = `${recurrence === null ? '' : ' ⟳'}${progress === null ? '' : ` ${progress.done}/${progress.total}`}`;
  const project = project_id === null ? '' : (offline.projects.get(project_id)?.name ?? '');
  const dueStyle = !completed && isOverdue(due, now) ? 'red' : due?.date === now.date ? 'green' : null;
  return [
    { text: String(numbers.of(task.id)), style: 'cyan' },
    completed
      ? { text: '✓', style: 'green' }
      : { text: priorityMarks[priority] ?? '', style: priorityStyles[priority] ?? null },
    { text: `${task.parent_id === null ? '' : '└ '}${safe(title)}${marks}`, style: completed ? 'dim' : null },
    { text: describeDue(due, now), style: dueStyle },
    { text: project && `#${safe(project)}` },
    { text: tags.map((tag) => `@${safe(tag)}`).join(' '), style: 'dim' },
  ];
}

/** One line for each task, fitted to the terminal. */
export function taskLines(mirror: Mirror, tasks: readonly Task[]): string[] {
  const now = clockIn(mirror.zone);
  return tasks.length === 0
    ? []
    : tableOf(
        layout,
        tasks.map((task) => rowOf(mirror, task, now)),
      );
}

export function showTasks(mirror: Mirror, tasks: readonly Task[], isJson: boolean): void {
  if (isJson) printJson(tasks.map((task) => taskJson(mirror, task)));
  else for (const line of taskLines(mirror, tasks)) print(line);
}
