import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Task } from '../../../../client/src/index.ts';
import type { LossyProxy } from '../../../../client/test/support/lossy-proxy.ts';
import type { Random } from '../../../../server/test/support/random.ts';
import { waitUntil } from '../../../../server/test/support/waiting.ts';
import { renderEdit } from '../../../src/tasks/edit-text.ts';
import type { Machine, Result } from '../duly.ts';
import {
  conflictReport,
  deletionReport,
  type Edit,
  type Fields,
  fieldNames,
  nameOf,
  refusalReport,
} from './outcome.ts';
import { type Edits, randomFields, type Side, type Work } from './side.ts';

const codes = { done: 0, refused: 1, unreachable: 6 };

/** The conflicts and refusals that the command line has printed for people. */
function readNotes(stderr: string, nameOfTask: (idOrTitle: string) => string): string[] {
  const told: string[] = [];
  let name = '';
  for (const line of stderr.split('\n')) {
    const [, title, kind] = /^Conflict: the task "(.*)" was changed elsewhere(.*)$/.exec(line) ?? [];
    const [, field, mine, theirs] = /^ {2}(\w+): kept "(.*)", elsewhere it was "(.*)"$/.exec(line) ?? [];
    const [, refused] = /^Refused and undone: \w+ of the task "(.*)": Task not found$/.exec(line) ?? [];
    if (title !== undefined) {
      name = nameOfTask(title);
      if (kind === ', and is deleted') told.push(deletionReport(name));
    } else if (field !== undefined) told.push(conflictReport(name, field, mine, theirs));
    else if (refused !== undefined) told.push(refusalReport(nameOfTask(refused)));
    else if (line !== '' && !/^(Offline|The server fails|Not everything)/.test(line))
      throw new Error(`unknown note: ${line}`);
  }
  return told;
}

/** The same from `sync --json`. */
function readJson(stdout: string, nameOfTask: (idOrTitle: string) => string) {
  const { done, pending, conflicts, refused } = JSON.parse(stdout);
  const told: string[] = [];
  for (const { base, mine, theirs, fields } of conflicts)
    if (mine === null) told.push(deletionReport(nameOf(base.title)));
    else
      for (const field of fields)
        told.push(conflictReport(nameOf(base.title), field, mine[field], theirs[field]));
  for (const { id, error } of refused)
    told.push(
      error.error_code === 'NOT_FOUND'
        ? refusalReport(nameOfTask(id))
        : `${nameOfTask(id)}: ${error.error_code}`,
    );
  return { isDone: done === true, pending: Number(pending), told };
}

type Numbered = Task & { number: number };

/** Somebody who types `duly` on a machine. Each command is a process of its own. */
export function createCommandLineSide(
  { home, run, start }: Machine,
  proxy: LossyProxy,
  untilUp: () => Promise<void>,
): Side {
  /** The names of all tasks that it has ever had, and the numbers that they keep. */
  const names = new Map<string, string>();
  const numbers = new Map<string, number>();
  const nameOfTask = (idOrTitle: string) => names.get(idOrTitle) ?? nameOf(idOrTitle);
  const isFailure = ({ code, stderr }: Result, allowed: readonly number[]) =>
    code === null || !allowed.includes(code) || /Unexpected|busy/.test(stderr);

  async function succeed(args: string[], env: Record<string, string> = {}): Promise<string> {
    const result = await run(args, { env });
    if (isFailure(result, [codes.done])) throw new Error(`duly ${args.join(' ')}: ${JSON.stringify(result)}`);
    return result.stdout;
  }

  async function list(): Promise<Numbered[]> {
    const tasks: Numbered[] = JSON.parse(
      await succeed(['list', '--json', '--status', 'all', '--deferred', '--offline']),
    );
    for (const { id, title, number } of tasks) {
      const name = nameOf(title);
      names.set(id, name);
      if ((numbers.get(name) ?? number) !== number)
        throw new Error(`${name} had number ${numbers.get(name)}, and now has ${number}`);
      numbers.set(name, number);
    }
    if (new Set(tasks.map(({ number }) => number)).size < tasks.length)
      throw new Error(`two tasks have one number: ${JSON.stringify(tasks)}`);
    return tasks;
  }

  /** Most of the time the user knows that there is no network; otherwise the command finds that out. */
  const away = (random: Random): string[] => (random.chance(0.8) ? ['--offline'] : []);

  /** Writes these fields of a task into its text, as an editor does. @returns those that it changes */
  async function edit(random: Random, task: Numbered, fields: Partial<Fields>): Promise<Partial<Fields>> {
    const path = join(home, 'text');
    const { title, description, priority, due_date } = { ...task, ...fields };
    const text = renderEdit({
      ...{ title, priority, due: due_date ?? '', description: description ?? '' },
      ...{ start: '', repeat: '', project: '', tags: '' },
    });
    await writeFile(path, text);
    await succeed(['edit', String(task.number), ...away(random)], { EDITOR: `cp ${path}` });
    return Object.fromEntries(
      fieldNames
        .filter((name) => name !== 'completed' && fields[name] !== undefined && fields[name] !== task[name])
        .map((name) => [name, fields[name]]),
    );
  }

  const setCompleted = (random: Random, completed: boolean, tasks: readonly Numbered[]) =>
    succeed([completed ? 'done' : 'undo', ...tasks.map(({ number }) => String(number)), ...away(random)]);

  async function add({ random, prefix }: Work, letter: string): Promise<[string, Fields]> {
    const title = prefix + letter;
    const description = random.pick([null, 'a']);
    const priority = random.pick(['High', 'Medium', 'Low'] as const);
    const text = `${title} !${priority.toLowerCase()}${random.chance(0.5) ? ' 2030-01-01' : ''}`;
    const more = description === null ? [] : ['--description', description];
    const printed = await succeed(['add', text, ...more, ...away(random)]);
    const number = Number(/^Added (\d+): /.exec(printed)?.[1]);
    numbers.set(title, number);
    const due_date = text.endsWith('-01') ? '2030-01-01' : null;
    return [title, { title, description, priority, due_date, completed: false }];
  }

  async function work(work: Work): Promise<Edits> {
    const { random, chosen, isOnce } = work;
    const edits: Edits = new Map();
    let writes = 0;
    const record = (name: string, made: Edit) => {
      const before = edits.get(name);
      edits.set(name, made === 'deleted' ? made : { ...Object(before), ...made });
      if (made === 'deleted' || Object.keys(made).length > 0) writes += 1;
    };
    for (let count = random.below(3); count > 0; count -= 1) record(...(await add(work, 'xyz'[count] ?? '')));
    const isWanted = (name: string) => (chosen.has(name) || edits.has(name)) && random.chance(0.6);
    const wanted = (await list()).filter(({ title }) => isWanted(nameOf(title)));
    const removed = wanted.filter(() => random.chance(0.15));
    const kept = wanted.filter((task) => !removed.includes(task));
    const toggled = kept.filter(() => random.chance(0.5));
    for (const completed of [true, false]) {
      const tasks = toggled.filter((task) => task.completed !== completed);
      if (tasks.length > 0) await setCompleted(random, completed, tasks);
      for (const { title } of tasks) record(nameOf(title), { completed });
    }
    for (const task of kept) {
      if (isOnce && toggled.includes(task)) continue;
      if (random.chance(0.3)) continue;
      record(nameOf(task.title), await edit(random, task, randomFields(random, task.title)));
    }
    if (removed.length > 0)
      await succeed(['rm', ...removed.map(({ number }) => String(number)), ...away(random)]);
    for (const { title } of removed) record(nameOf(title), 'deleted');
    const { code, stdout } = await run(['sync', '--json']);
    const { isDone, pending } = readJson(stdout, nameOfTask);
    if (code !== codes.unreachable || isDone || pending !== writes)
      throw new Error(`${writes} writes wait, but sync ended with ${code} and said ${stdout}`);
    return edits;
  }

  /** Exchanges, and is killed after the network has lost a message. */
  async function syncUntilKilled(): Promise<string[]> {
    const lost = proxy.lost();
    const { child, ended } = start(['sync', '--json']);
    await waitUntil(() => child.exitCode !== null || proxy.lost() > lost);
    child.kill('SIGKILL');
    return readNotes((await ended).stderr, nameOfTask);
  }

  return {
    work,
    async comeBack(isKilled) {
      const told = isKilled ? await syncUntilKilled() : [];
      for (;;) {
        const result = await run(['sync', '--json']);
        if (isFailure(result, Object.values(codes))) throw new Error(`duly sync: ${JSON.stringify(result)}`);
        const { isDone, told: now } = readJson(result.stdout, nameOfTask);
        const notes = readNotes(result.stderr, nameOfTask);
        if (JSON.stringify(now.toSorted()) !== JSON.stringify(notes.toSorted()))
          throw new Error(`sync printed ${result.stderr}, but ${result.stdout}`);
        const isRefused = notes.some((note) => note.includes('refused'));
        if (
          isDone !== (result.code !== codes.unreachable) ||
          (isDone && isRefused !== (result.code === codes.refused))
        )
          throw new Error(`sync ended with ${result.code}: ${result.stderr}`);
        told.push(...notes);
        // What a process was told that was killed before it had stored the decision is told once more.
        if (isDone) return isKilled ? [...new Set(told)] : told;
        await untilUp();
      }
    },
    async tasks() {
      return (await list()).map(({ number: _, ...task }) => task);
    },
  };
}
