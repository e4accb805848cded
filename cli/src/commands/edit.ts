import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Failure } from '../failure.ts';
import { exchange, type Mirror, requireTask, withMirror } from '../mirror.ts';
import { note, print, printJson } from '../output/print.ts';
import { safe, styled } from '../output/terminal.ts';
import { type Account, requireAccount } from '../session/account.ts';
import { openPrompts } from '../session/prompt.ts';
import { clockIn, outerZone } from '../tasks/clock.ts';
import {
  type EditField,
  type EditFields,
  editFields,
  editFieldsOf,
  inputOf,
  parseEdit,
  renderEdit,
} from '../tasks/edit-text.ts';
import { taskJson } from '../tasks/show.ts';
import type { Arguments } from '../usage.ts';

async function openEditor(path: string): Promise<void> {
  const editor = process.env.VISUAL || process.env.EDITOR || 'vi';
  // The variable may have arguments, as in `code --wait`.
  const child = spawn('/bin/sh', ['-c', `${editor} "$1"`, 'sh', path], {
    stdio: 'inherit',
    env: { ...process.env, TZ: outerZone },
  });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Failure('failed', `${editor} ended with code ${code}: nothing is changed`);
}

const fieldsNow = ({ offline }: Mirror, id: string): EditFields => {
  const task = offline.tasks.get(id);
  if (task === undefined) throw new Failure('conflict', 'The task was deleted elsewhere meanwhile');
  return editFieldsOf(task, offline.projects.all());
};

interface Edit {
  account: Account;
  isOffline: boolean;
  id: string;
  /** As they were when the editor opened. */
  before: EditFields;
  path: string;
}

const changedNames = (from: EditFields, to: EditFields): EditField[] =>
  editFields.filter((name) => from[name] !== to[name]);

/** Asks whose value is to stay. Without a terminal nobody can be asked. @throws Failure */
async function decide(conflicts: EditField[], mine: EditFields, theirs: EditFields): Promise<EditFields> {
  note('Conflict: the task was changed elsewhere meanwhile');
  for (const name of conflicts)
    note(`  ${name}: yours "${safe(mine[name])}", theirs "${safe(theirs[name])}"`);
  if (!process.stdin.isTTY) throw new Failure('conflict', 'Nothing is changed');
  const prompts = openPrompts();
  try {
    const answer = await prompts.ask('Keep [y]ours, [t]heirs, or [n]othing of your changes? ');
    if (/^y/i.test(answer)) return mine;
    if (/^t/i.test(answer))
      return { ...mine, ...Object.fromEntries(conflicts.map((name) => [name, theirs[name]])) };
    throw new Failure('conflict', 'Nothing is changed');
  } finally {
    prompts.close();
  }
}

/** Fetches what is new, compares, and stores what only the editor has changed, or the user has decided. */
async function store({ account, isOffline, id, before, path }: Edit): Promise<boolean> {
  let mine = parseEdit(await readFile(path, 'utf8'));
  if (changedNames(before, mine).length === 0) return false;
  if (!isOffline) await withMirror(account, exchange);
  for (let seen = before; ; ) {
    const theirs = await withMirror(account, (mirror) => fieldsNow(mirror, id));
    const conflicts = changedNames(before, mine).filter(
      (name) => theirs[name] !== before[name] && theirs[name] !== mine[name] && theirs[name] !== seen[name],
    );
    // Nobody else has to wait while the user is asked.
    if (conflicts.length > 0) mine = await decide(conflicts, mine, theirs);
    seen = theirs;
    const isStored = await withMirror(account, async (mirror) => {
      const { offline, zone } = mirror;
      if (changedNames(theirs, fieldsNow(mirror, id)).length > 0) return false;
      const names = changedNames(before, mine).filter((name) => mine[name] !== theirs[name]);
      await offline.tasks.update(id, inputOf(mine, names, offline.projects.all(), clockIn(zone)));
      return true;
    });
    if (isStored) return true;
  }
}

export async function edit(args: Arguments): Promise<void> {
  const account = await requireAccount();
  const isOffline = args.flag('offline');
  const [word = ''] = args.words;
  const opened = await withMirror(account, async (mirror) => {
    if (!isOffline) await exchange(mirror);
    const { id } = requireTask(mirror, word);
    return { id, number: mirror.numbers.of(id), before: fieldsNow(mirror, id) };
  });
  const directory = await mkdtemp(join(tmpdir(), 'duly-edit-'));
  const path = join(directory, `task-${opened.number}.txt`);
  let isKept = false;
  try {
    await writeFile(path, renderEdit(opened.before), { mode: 0o600 });
    await openEditor(path);
    const isChanged = await store({ ...opened, account, isOffline, path });
    await withMirror(account, async (mirror) => {
      if (isChanged && !isOffline) await exchange(mirror);
      const task = requireTask(mirror, opened.id);
      if (args.flag('json')) printJson(taskJson(mirror, task));
      else
        print(
          `${isChanged ? 'Changed' : 'Unchanged'}: ${styled('cyan', String(opened.number))} ${safe(task.title)}`,
        );
    });
  } catch (error) {
    isKept = error instanceof Failure;
    if (isKept) note(`What you wrote is in ${path}`);
    throw error;
  } finally {
    if (!isKept) await rm(directory, { recursive: true, force: true });
  }
}
