import { useI18n } from '../i18n/i18n.tsx';
import type { List } from '../model/lists.ts';
import { useSession } from '../session/session.tsx';

export type Side = 'before' | 'after';
/** Moves a task beside another one, or to the end of a group. */
export interface Move {
  beside(id: string, targetId: string, side: Side): Promise<void>;
  toGroup(id: string, groupKey: string): Promise<void>;
  /** One place up (-1) or down (1), also into the next group. */
  step(id: string, by: 1 | -1): Promise<void>;
}

/** Loaded with the first move, or before it. */
export const loadMove = () => import('./move.ts');

export function useMove(list: List): Move {
  const { offline } = useSession();
  const { t } = useI18n();
  const load = async () => (await loadMove()).createMove(list, offline, t);
  return {
    beside: async (...places) => (await load()).beside(...places),
    toGroup: async (...places) => (await load()).toGroup(...places),
    step: async (...places) => (await load()).step(...places),
  };
}
