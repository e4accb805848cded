import type { Task } from '../../../client/src/index.ts';
import { Failure } from '../failure.ts';
import { type Mirror, requireTask, writeTasks } from '../mirror.ts';
import { print, printJson } from '../output/print.ts';
import { safe, styled } from '../output/terminal.ts';
import { requireAccount } from '../session/account.ts';
import { clockIn } from '../tasks/clock.ts';
import { dueIn } from '../tasks/select.ts';
import { describeDue, taskJson } from '../tasks/show.ts';
import type { Arguments } from '../usage.ts';

/** Does something to each named task, all of which must exist, and says so. */
async function changeTasks(
  args: Arguments,
  select: (mirror: Mirror) => Task[],
  change: (mirror: Mirror, task: Task) => Promise<void>,
  describe: (task: Task, now: Task | undefined, mirror: Mirror) => string,
): Promise<void> {
  const account = await requireAccount();
  await writeTasks(
    account,
    args.flag('offline'),
    async (mirror) => {
      const tasks = select(mirror);
      for (const task of tasks) await change(mirror, task);
      return tasks.map((task) => ({ task, number: mirror.numbers.of(task.id) }));
    },
    (written, mirror) => {
      const { tasks } = mirror.offline;
      if (args.flag('json'))
        printJson(written.map(({ task }) => taskJson(mirror, tasks.get(task.id) ?? task)));
      else
        for (const { task, number } of written)
          print(
            `${describe(task, tasks.get(task.id), mirror)}: ${styled('cyan', String(number))} ${safe(task.title)}`,
          );
    },
  );
}

const named =
  ({ words }: Arguments) =>
  (mirror: Mirror): Task[] => [...new Set(words.map((word) => requireTask(mirror, word)))];

export const done = (args: Arguments): Promise<void> =>
  changeTasks(
    args,
    named(args),
    ({ offline }, task) => offline.tasks.complete(task.id),
    (_, now, { zone }) =>
      now !== undefined && !now.completed && now.recurrence !== null
        ? `Done, next ${describeDue(dueIn(zone, now), clockIn(zone))}`
        : 'Done',
  );

/** The date of the occurrence of a repeating task that was recorded last. */
function lastOccurrence({ offline }: Mirror, { id }: Pick<Task, 'id'>) {
  const recorded = offline.occurrences.all().filter((one) => one.task_id === id && one.status === 'done');
  return recorded.sort((a, b) => a.number - b.number).at(-1);
}

/** The task that was completed last, as a whole or by an occurrence. */
function lastCompleted(mirror: Mirror): Task[] {
  const { tasks, occurrences } = mirror.offline;
  const times = [
    ...tasks.all().map(({ id, completed, completed_at }) => ({
      id,
      // A completion that is not sent yet has no time. `~` comes after every digit.
      at: completed ? (completed_at ?? '~') : '',
    })),
    ...occurrences
      .all()
      .filter(({ status }) => status === 'done')
      .map(({ task_id, recorded_at }) => ({ id: task_id, at: recorded_at })),
  ].filter(({ at }) => at !== '');
  const last = times.sort((a, b) => (a.at < b.at ? -1 : 1)).at(-1);
  const task = last && tasks.get(last.id);
  if (task === undefined) throw new Failure('notFound', 'No task is completed');
  return [task];
}

export const undo = (args: Arguments): Promise<void> =>
  changeTasks(
    args,
    args.words.length === 0 ? lastCompleted : named(args),
    async (mirror, task) => {
      const { tasks } = mirror.offline;
      if (task.completed) return tasks.complete(task.id, false);
      const occurrence = lastOccurrence(mirror, task);
      if (occurrence === undefined) throw new Failure('failed', `"${safe(task.title)}" is not completed`);
      await tasks.undo(task.id, occurrence.date);
    },
    () => 'Pending again',
  );

export const rm = (args: Arguments): Promise<void> => {
  const children = args.text('children');
  const isKind = children === 'keep' || children === 'complete' || children === 'delete';
  return changeTasks(
    args,
    named(args),
    ({ offline }, task) => offline.tasks.delete(task.id, isKind ? { children } : {}),
    () => 'Moved to the trash',
  );
};
