import { sql } from 'kysely';
import { type Cte, type CteTemplate, param } from '../db/statements.ts';
import type { TaskChange } from './changes.ts';
import type { StoredTask } from './model.ts';
import type { Progress } from './placement-model.ts';

/** A change of the numbers of a parent's live children. */
interface Delta {
  done: number;
  total: number;
}

/**
 * Gives parents among the changed tasks their progress after all the changes.
 * @returns `others`: what changes for other parents, by id
 */
export function foldProgress(changes: readonly TaskChange[]): {
  changes: readonly TaskChange[];
  others: ReadonlyMap<string, Delta>;
} {
  const others = new Map<string, Delta>();
  for (const { before, after } of changes) {
    addTo(others, before, -1);
    addTo(others, after, 1);
  }
  for (const [id, { done, total }] of others) if (done === 0 && total === 0) others.delete(id);
  if (others.size === 0) return { changes, others };
  const folded = changes.map((change) => {
    const { before, after } = change;
    const delta = others.get(after.id);
    if (delta === undefined) return change;
    others.delete(after.id);
    return { before, after: { ...after, progress: add(before?.progress ?? null, delta) } };
  });
  return { changes: folded, others };
}

function addTo(deltas: Map<string, Delta>, task: StoredTask | undefined, sign: 1 | -1): void {
  if (task === undefined || task.parent_id === null || task.deleted_at !== null) return;
  const { done, total } = deltas.get(task.parent_id) ?? { done: 0, total: 0 };
  deltas.set(task.parent_id, { done: done + (task.completed ? sign : 0), total: total + sign });
}

/** An older Duly does not count subtasks, so the numbers that were read may be wrong. */
function add(progress: Progress, delta: Delta): Progress {
  const total = Math.max(0, (progress?.total ?? 0) + delta.total);
  const done = Math.max(0, Math.min(total, (progress?.done ?? 0) + delta.done));
  return total === 0 ? null : { done, total };
}

/** Stores the progress of parents that do not change otherwise: a new revision, but no new version. */
export function progressCtes(userId: string, deltas: ReadonlyMap<string, Delta>): Cte[] {
  if (deltas.size === 0) return [];
  const params = {
    user_id: userId,
    parent_ids: [...deltas.keys()],
    parent_totals: [...deltas.values()].map(({ total }) => total),
    parent_done: [...deltas.values()].map(({ done }) => done),
  };
  return [{ template: progressTemplate, params }];
}

const userParam = param('user_id');

/** Counts again, because an older Duly does not count: the snapshot is that of before the write. */
const progressTemplate: CteTemplate = {
  name: 'progress',
  sql: sql`progressed as (
      update duly.tasks as p set revision = (select revision from stamp),
        subtasks_total = counted.total + d.total, subtasks_done = counted.done + d.done
      from unnest(${param('parent_ids')}::uuid[], ${param('parent_totals')}::int[], ${param('parent_done')}::int[])
        as d (id, total, done)
      cross join lateral (
        select count(*)::int as total, count(c.completed_at)::int as done from duly.tasks as c
        where c.user_id = ${userParam} and c.parent_id = d.id and c.deleted_at is null
      ) as counted
      where p.user_id = ${userParam} and p.id = d.id
    )`,
};
