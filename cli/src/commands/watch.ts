import { setTimeout as sleep } from 'node:timers/promises';
import type { Task } from '../../../client/src/index.ts';
import { Busy } from '../failure.ts';
import { exchange, type Mirror, withMirror } from '../mirror.ts';
import { note, print } from '../output/print.ts';
import { type Style, styled } from '../output/terminal.ts';
import { createClient } from '../session/access-token.ts';
import { requireAccount } from '../session/account.ts';
import { clockIn } from '../tasks/clock.ts';
import { taskJson, taskLines } from '../tasks/show.ts';
import type { Arguments } from '../usage.ts';

type Seen = ReadonlyMap<string, Task>;
type What = 'added' | 'changed' | 'done' | 'reopened' | 'deleted';

const seenIn = ({ offline }: Mirror): Seen => new Map(offline.tasks.all().map((task) => [task.id, task]));

const styles: Record<What, Style> = {
  added: 'green',
  changed: 'yellow',
  done: 'cyan',
  reopened: 'yellow',
  deleted: 'red',
};

function compare(before: Task | undefined, after: Task | undefined): What | null {
  if (after === undefined) return 'deleted';
  if (before === undefined) return 'added';
  if (before.version === after.version) return null;
  if (before.completed !== after.completed) return after.completed ? 'done' : 'reopened';
  return 'changed';
}

function showChanges(mirror: Mirror, before: Seen, after: Seen, isJson: boolean): void {
  for (const id of new Set([...before.keys(), ...after.keys()])) {
    const task = after.get(id) ?? before.get(id);
    const what = compare(before.get(id), after.get(id));
    if (task === undefined || what === null) continue;
    if (isJson) {
      print(JSON.stringify({ change: what, task: taskJson(mirror, task) }));
      continue;
    }
    const [line = ''] = taskLines(mirror, [task]);
    print(`${clockIn(mirror.zone).time}  ${styled(styles[what], what.padEnd(8))}  ${line}`);
  }
}

/** Other commands take a moment. One that takes longer is named, and waited for. */
const busyAfterMs = 3_000;
const longestWaitMs = 30_000;
const waitAfter = (failures: number) => sleep(Math.min(longestWaitMs, 1_000 * 2 ** failures));

/** Runs until it succeeds, less and less often. */
async function untilDone(run: () => Promise<boolean>): Promise<void> {
  for (let failures = 0; !(await run()); failures += 1) await waitAfter(failures);
}

/** Follows the event stream. Each event has the mirror exchanged, and what that has changed is shown. */
export async function watch(args: Arguments): Promise<void> {
  const account = await requireAccount();
  const duly = createClient(account);
  let seen: Seen | null = null;

  async function show(mirror: Mirror): Promise<boolean> {
    const before = seen;
    const { isDone } = await exchange(mirror);
    seen = seenIn(mirror);
    // What there is at the start is no change.
    if (before !== null) showChanges(mirror, before, seen, args.flag('json'));
    return isDone;
  }

  /** @returns whether everything is shown */
  async function refresh(): Promise<boolean> {
    try {
      return await withMirror(account, show, busyAfterMs);
    } catch (error) {
      if (!(error instanceof Busy)) throw error;
      note('Another duly is busy: changes are shown once it has ended');
      return false;
    }
  }

  // The stream connects again by itself; `ready` then comes again.
  for await (const event of duly.events()) {
    // Several changes of one write come together, and the cursor with the last of them.
    if (event.cursor === null) continue;
    await untilDone(refresh);
    if (event.type === 'ready') note('Watching; Ctrl-C ends it');
  }
}
