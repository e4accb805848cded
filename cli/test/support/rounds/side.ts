import type { Task } from '../../../../client/src/index.ts';
import type { Random } from '../../../../server/test/support/random.ts';
import { type Edit, type Fields, fieldNames } from './outcome.ts';

export interface Work {
  random: Random;
  /** Begins the names of the tasks that are added. */
  prefix: string;
  /** The names of the tasks that are changed, besides new ones: few, so that the sides meet. */
  chosen: ReadonlySet<string>;
  /** Each task is written to at most once, so that what others do comes before or after, never between. */
  isOnce: boolean;
}

/** By the name of the task. */
export type Edits = Map<string, Edit>;

/** Somebody who works on the tasks with a copy of their own. */
export interface Side {
  /** Changes and adds tasks while there is no network. */
  work(work: Work): Promise<Edits>;
  /** Exchanges until everything is sent and fetched. @returns the conflicts and refusals that it was told meanwhile */
  comeBack(isKilled: boolean): Promise<string[]>;
  /** What its copy has. */
  tasks(): Promise<readonly Task[]>;
}

/** Few values, so that the sides often choose the same ones. */
export function randomFields(random: Random, title: string): Partial<Fields> {
  const all: Fields = {
    title: title + random.pick(['', '!', '?']),
    description: random.pick([null, 'a', 'b']),
    priority: random.pick(['High', 'Medium', 'Low']),
    due_date: random.pick([null, '2030-01-01', '2030-01-02']),
    completed: random.chance(0.5),
  };
  return Object.fromEntries(random.some(fieldNames, 0.4).map((name) => [name, all[name]]));
}
