import { setTimeout as sleep } from 'node:timers/promises';
import { createDuly, type Duly, DulyError, type Task } from '../../../client/src/index.ts';
import { judge, type Verdict } from '../../../server/test/support/ledger.ts';
import { isSame, type Phone } from './phones.ts';
import type { Writers } from './writers.ts';

export interface Auditor {
  /** Of the newest comparison. */
  latest(): Verdict;
  running: Promise<void>;
  /** Compares all lists and mirrors. @param mirrors what each phone has */
  finish(mirrors: readonly (readonly Task[])[]): Promise<FinalVerdict>;
}

export interface FinalVerdict extends Verdict {
  tasks: number;
  /** Names of the phones whose mirror is not what the server has. */
  differing: string[];
}

const pauseMs = 500;

/**
 * Compares what was acknowledged with what is there, again and again while the load runs. It reads the change feed, so
 * each round costs what has changed.
 */
export function startAuditor(
  url: string,
  account: { token: string; userId: string },
  writers: Writers,
  phones: readonly Phone[],
): Auditor {
  const duly = createDuly({ url, ...account });
  const titles = new Map<string, string>();
  let cursor: string | undefined;
  let latest: Verdict = { lost: [], doubled: [] };
  let isOver = false;

  async function compare(): Promise<void> {
    // Of before the read: what is acknowledged meanwhile may not be in it.
    const acknowledged = [
      ...writers.acknowledged,
      ...phones.flatMap((phone) => [...phone.acknowledged.keys()]),
    ];
    for await (const page of duly.changes(cursor === undefined ? {} : { since: cursor })) {
      if (page.isReset) titles.clear();
      for (const change of page.changes) {
        if (change.type !== 'task') continue;
        if (change.op === 'delete' || change.task === undefined) titles.delete(change.id);
        else titles.set(change.id, change.task.title);
      }
      cursor = page.cursor;
    }
    latest = judge(acknowledged, titles.values());
  }

  const running = (async () => {
    while (!isOver) {
      await compare().catch((error: unknown) => {
        if (!(error instanceof DulyError)) throw error;
      });
      await sleep(pauseMs);
    }
  })();
  return {
    latest: () => latest,
    running,
    async finish(mirrors) {
      isOver = true;
      await running;
      const tasks = await listAll(duly);
      const { lost, doubled } = judge(
        writers.acknowledged,
        tasks.map(({ title }) => title),
      );
      return {
        ...{ tasks: tasks.length, doubled },
        lost: [...lost, ...phones.flatMap((phone) => changesLost(phone, tasks))],
        differing: mirrors.flatMap((mirror, index) =>
          fingerprintOf(mirror) === fingerprintOf(tasks) ? [] : [`phone ${index + 1}`],
        ),
      };
    },
  };
}

async function listAll(duly: Duly): Promise<Task[]> {
  const tasks: Task[] = [];
  for await (const task of duly.tasks.all({ limit: 100, sort_by: 'created_at' })) tasks.push(task);
  return tasks;
}

/** Tasks of the phone that are missing, or have not what it wrote last. Nobody else changes them. */
function changesLost(phone: Phone, tasks: readonly Task[]): string[] {
  const byTitle = new Map(tasks.map((task) => [task.title, task]));
  return [...phone.acknowledged.values()].flatMap((written) =>
    isSame(byTitle.get(written.title), written) ? [] : [written.title],
  );
}

/** The same for the same tasks with the same properties, in any order. */
const fingerprintOf = (tasks: readonly Task[]): string =>
  tasks
    .map((task) => JSON.stringify(task, Object.keys(task).sort()))
    .sort()
    .join('\n');
