import { isDeepStrictEqual } from 'node:util';
import type { Profile } from '../../src/profiles/model.ts';
import type { Task } from '../../src/tasks/model.ts';
import { filterTasks, type ListQuery, pageOf } from './task-model.ts';

/** What one writer has created, at one moment; immutable. */
export interface WriterState {
  tasks: readonly Task[];
  profile: Profile | null;
}

/** The state after a write, with the times of its request and its response. */
interface HistoryStep {
  state: WriterState;
  begunAt: number;
  doneAt: number;
}

/** The sequence of one writer's states. No other writer changes the same data. */
export class History {
  readonly steps: HistoryStep[];
  constructor(initial: WriterState) {
    this.steps = [{ state: initial, begunAt: Number.NEGATIVE_INFINITY, doneAt: Number.NEGATIVE_INFINITY }];
  }
  get now(): WriterState {
    const last = this.steps.at(-1);
    if (last === undefined) throw new Error('no state');
    return last.state;
  }
  /** Runs a write. It resolves to the changed part of the state. */
  async add(write: () => Promise<Partial<WriterState>>): Promise<void> {
    const begunAt = performance.now();
    const state = { ...this.now, ...(await write()) };
    this.steps.push({ state, begunAt, doneAt: performance.now() });
  }
  /** The states that a read between these times may show: the last one acknowledged before it, and all later ones. */
  statesDuring(from: number, to: number): WriterState[] {
    const first = this.steps.findLastIndex(({ doneAt }) => doneAt <= from);
    return this.steps.slice(first).flatMap(({ state, begunAt }) => (begunAt < to ? [state] : []));
  }
}

export type ReadRequest =
  | { kind: 'list'; query: ListQuery }
  | { kind: 'task'; id: string }
  | { kind: 'tags' }
  | { kind: 'profile' };

/** The content of a response, independent of its surface; null if the resource does not exist. */
export type ReadContent = { items: unknown; total: number | null } | null;

/** The content that a read must have in these states of the writers. */
function expectedContent(read: ReadRequest, states: readonly WriterState[]): ReadContent {
  const tasks = states.flatMap((state) => state.tasks);
  switch (read.kind) {
    case 'list': {
      const zone = states.find(({ profile }) => profile !== null)?.profile?.time_zone ?? 'UTC';
      const found = filterTasks(tasks, read.query, { zone, now: new Date() });
      return { items: pageOf(found, read.query), total: found.length };
    }
    case 'task': {
      const found = tasks.find(({ id }) => id === read.id);
      return found === undefined ? null : { items: found, total: null };
    }
    case 'tags': {
      const names = tasks.flatMap((task) => task.tags);
      const items = [...new Set(names)]
        .toSorted()
        .map((name) => ({ name, usage_count: names.filter((other) => other === name).length }));
      return { items, total: items.length };
    }
    case 'profile':
      return { items: states.find(({ profile }) => profile !== null)?.profile, total: null };
  }
}

/** Whether the content matches some combination of the writers' states between these times. */
export function isConsistent(
  read: ReadRequest,
  content: ReadContent,
  histories: readonly History[],
  from: number,
  to: number,
): boolean {
  const candidates = histories
    .map((history) => history.statesDuring(from, to))
    .reduce<WriterState[][]>(
      (sets, states) => sets.flatMap((set) => states.map((state) => [...set, state])),
      [[]],
    );
  return candidates.some((states) => isDeepStrictEqual(content, expectedContent(read, states)));
}
