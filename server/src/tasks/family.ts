import type { UnstampedReminder } from '../reminders/service.ts';
import type { WriteStamp } from '../writes/plan.ts';
import type { StoredTask } from './model.ts';
import { foldProgress } from './progress.ts';
import { withReminders } from './reminders.ts';
import type { Occurrences, TaskEffect } from './repeats.ts';

/** The tasks that a write has read, and what belongs to them. `applyChanges` puts the changes of the write into it. */
export interface Family {
  /** The recorded occurrences that the write has read, and those that it records. */
  occurrences: Occurrences;
  /** The reminders that the write creates. */
  reminders: readonly UnstampedReminder[];
  tasks: Map<string, StoredTask>;
  /** Ids of the live projects that the write names, or that its tasks are in. */
  projects: ReadonlySet<string>;
  /** Project ids by section id, of the live sections that the write names, or that its tasks are in. */
  sections: ReadonlyMap<string, string>;
}

const isLive = (task: StoredTask | undefined): task is StoredTask => task?.deleted_at === null;

/** @returns the live task, or undefined */
export function liveTask({ tasks }: Family, id: string): StoredTask | undefined {
  const task = tasks.get(id);
  return isLive(task) ? task : undefined;
}

export const childrenOf = ({ tasks }: Family, id: string): StoredTask[] =>
  [...tasks.values()].filter((task) => task.parent_id === id && isLive(task));

/** The live subtasks on all levels below, parents first. */
export function descendantsOf({ tasks }: Family, id: string): StoredTask[] {
  const byParent = Map.groupBy([...tasks.values()].filter(isLive), ({ parent_id }) => parent_id);
  const found = new Set(byParent.get(id));
  for (const { id: parentId } of found) for (const child of byParent.get(parentId) ?? []) found.add(child);
  return [...found];
}

/** The task and its ancestors, from the task upwards. */
export function lineOf({ tasks }: Family, id: string): StoredTask[] {
  const line = new Set<StoredTask>();
  for (let at = tasks.get(id); at !== undefined && !line.has(at); at = tasks.get(at.parent_id ?? ''))
    line.add(at);
  return [...line];
}

/** How many levels the task and its descendants have: 1 without subtasks. */
export function heightOf(family: Family, id: string): number {
  const levels = new Map([[id, 1]]);
  for (const task of descendantsOf(family, id))
    levels.set(task.id, (levels.get(task.parent_id ?? '') ?? 0) + 1);
  return Math.max(...levels.values());
}

/** Puts changed tasks into the family, with new reminders, and with the progress of their parents. */
export function applyChanges(family: Family, changedTasks: readonly TaskEffect[], stamp: WriteStamp): void {
  const { tasks } = family;
  const effects = changedTasks.map((effect) => withReminders(tasks.get(effect.task.id), effect, stamp));
  for (const { recorded, undone, reminders = [] } of effects) {
    family.reminders = [...family.reminders, ...reminders];
    if (recorded !== undefined) family.occurrences = [...family.occurrences, recorded];
    if (undone !== undefined) family.occurrences = family.occurrences.filter((each) => each !== undone);
  }
  const changed = effects.map(({ task }) => task);
  const changes = changed.map((after) => ({ before: tasks.get(after.id), after }));
  const { changes: folded, others } = foldProgress(changes);
  for (const { after } of folded) tasks.set(after.id, after);
  const parents = [...others.keys()].flatMap((id) => tasks.get(id) ?? []);
  if (parents.length === 0) return;
  const known = parents.map((task) => ({ before: task, after: task }));
  for (const { after } of foldProgress([...known, ...changes]).changes) tasks.set(after.id, after);
}
