import { parseQuickAdd, type QuickAdd } from '@duly/quick-add';
import { Failure } from '../failure.ts';
import { type Mirror, withMirror, writeTasks } from '../mirror.ts';
import { note, print, printJson } from '../output/print.ts';
import { fieldsOf } from '../output/table.ts';
import { safe, styled } from '../output/terminal.ts';
import { requireAccount } from '../session/account.ts';
import { clockIn, describeDate } from '../tasks/clock.ts';
import { projectNamed } from '../tasks/projects.ts';
import { taskJson } from '../tasks/show.ts';
import type { Arguments } from '../usage.ts';

/** Reads a line as the server's quick add does, also offline. @throws Failure */
function readLine({ offline, zone }: Mirror, text: string) {
  const projects = offline.projects.all().filter(({ archived }) => !archived);
  const find = (name: string) => projectNamed(projects, name);
  const read = parseQuickAdd(text, { now: clockIn(zone), isProject: (name) => find(name) !== undefined });
  if (read.title === '') throw new Failure('usage', 'The text leaves no title: all of it was understood');
  const { understood: _, project, ...fields } = read;
  const found = project === undefined ? undefined : find(project);
  return { read, fields: { ...fields, ...(found && { project_id: found.id }) } };
}

/** Each range that became a field, with what it means. */
function describeUnderstood({ understood }: QuickAdd, today: string): [string, string][] {
  return understood.map(({ kind, text, value }) => {
    const meaning = kind === 'date' ? `${describeDate(value, today)} (${value})` : value;
    return [kind, `${safe(meaning)}  ${styled('dim', `from "${safe(text)}"`)}`];
  });
}

function noteUnknownProjects({ title }: QuickAdd): void {
  for (const [, name] of title.matchAll(/(?:^|\s)#([^\s#]+)/g))
    note(`There is no project "${name}": "#${name}" stays in the title`);
}

export async function add(args: Arguments): Promise<void> {
  const account = await requireAccount();
  const text = args.words.join(' ');
  const isJson = args.flag('json');
  const description = args.text('description');
  const today = (mirror: Mirror) => clockIn(mirror.zone).date;
  if (args.flag('dry-run')) {
    await withMirror(account, (mirror) => {
      const { read } = readLine(mirror, text);
      if (isJson) return printJson(read);
      for (const line of [safe(read.title), ...fieldsOf(describeUnderstood(read, today(mirror)))])
        print(line);
      noteUnknownProjects(read);
    });
    return;
  }
  await writeTasks(
    account,
    args.flag('offline'),
    async (mirror) => {
      const { read, fields } = readLine(mirror, text);
      const input = { ...fields, ...(description !== undefined && { description }) };
      const id = await mirror.offline.tasks.create(input);
      return { id, read, number: mirror.numbers.of(id) };
    },
    ({ id, read, number }, mirror) => {
      const task = mirror.offline.tasks.get(id);
      // The server has refused it, and a note has said why.
      if (task === undefined) return;
      if (isJson) {
        printJson({ task: taskJson(mirror, task), understood: read.understood });
        return;
      }
      print(`Added ${styled('cyan', String(number))}: ${safe(task.title)}`);
      for (const line of fieldsOf(describeUnderstood(read, today(mirror)))) print(line);
      noteUnknownProjects(read);
    },
  );
}
