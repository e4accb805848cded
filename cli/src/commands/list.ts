import { Failure } from '../failure.ts';
import { exchange, waiting, withMirror } from '../mirror.ts';
import { note } from '../output/print.ts';
import { requireAccount } from '../session/account.ts';
import { type Selection, selectTasks } from '../tasks/select.ts';
import { showTasks } from '../tasks/show.ts';
import type { Arguments } from '../usage.ts';

async function show(args: Arguments, selection: Selection, limit = Number.POSITIVE_INFINITY): Promise<void> {
  const account = await requireAccount();
  await withMirror(account, async (mirror) => {
    if (!args.flag('offline')) await exchange(mirror);
    else if (mirror.offline.pending() > 0) note(`Offline.${waiting(mirror.offline.pending())}`);
    const tasks = selectTasks(mirror, selection);
    showTasks(mirror, tasks.slice(0, limit), args.flag('json'));
    const rest = tasks.length - limit;
    if (rest > 0) note(`${rest} more`);
    if (tasks.length === 0 && process.stdout.isTTY) note('Nothing');
  });
}

export async function list(args: Arguments): Promise<void> {
  const limit = args.text('limit') ?? 'Infinity';
  if (!/^[1-9]\d{0,6}$|^Infinity$/.test(limit))
    throw new Failure('usage', `--limit is a number from 1 on, not "${limit}"`);
  const selection = {
    words: args.words,
    project: args.text('project'),
    tags: args.texts('tag'),
    priority: args.text('priority'),
    due: args.text('due'),
    status: args.text('status'),
    withDeferred: args.flag('deferred'),
    sort: args.text('sort'),
  };
  await show(args, selection, Number(limit));
}

export const today = (args: Arguments): Promise<void> => show(args, { due: 'until-today' });

export const search = (args: Arguments): Promise<void> =>
  show(args, { words: args.words, status: 'all', withDeferred: true });
