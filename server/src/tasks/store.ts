import type { Cte } from '../db/statements.ts';
import { foldProgress, progressCtes } from './progress.ts';
import { storeTasksCte, type TaskChange } from './queries.ts';

/** The CTEs that store tasks as they are after their changes, with their tags and the progress of their parents. */
export function storeTasksCtes(userId: string, changes: readonly TaskChange[]): Cte[] {
  const { changes: folded, others } = foldProgress(changes);
  return [storeTasksCte(userId, folded), ...progressCtes(userId, others)];
}
