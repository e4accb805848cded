import type { FoundTask } from '../model.ts';

/**
 * Parents before their subtasks, and siblings in their order. A task whose parent is not there, or is below the task
 * itself, comes to the top.
 * @param tasks by their keys
 */
export function orderTasks(
  tasks: ReadonlyMap<string, FoundTask>,
  changed: (place: string, reason: string) => void,
): FoundTask[] {
  const children = Map.groupBy(tasks.values(), ({ parentKey }) =>
    parentKey !== null && tasks.has(parentKey) ? parentKey : null,
  );
  const ordered: FoundTask[] = [];
  const seen = new Set<string>();
  /** The tasks from this one down. A stack, as levels may be many. */
  const visit = (first: FoundTask) => {
    const stack = [first];
    for (let task = stack.pop(); task !== undefined; task = stack.pop()) {
      if (seen.has(task.key)) continue;
      seen.add(task.key);
      ordered.push(task);
      const below = children.get(task.key) ?? [];
      for (let index = below.length - 1; index >= 0; index--) {
        const child = below[index];
        if (child !== undefined) stack.push(child);
      }
    }
  };
  const toTop = (task: FoundTask, reason: string) => {
    changed(task.place, reason);
    visit({ ...task, parentKey: null });
  };
  for (const task of children.get(null) ?? []) {
    if (task.parentKey === null) visit(task);
    else toTop(task, 'is no subtask any more: the file has no task above it');
  }
  for (const task of tasks.values())
    if (!seen.has(task.key)) toTop(task, 'is no subtask any more: the tasks above it are in a circle');
  return ordered;
}
