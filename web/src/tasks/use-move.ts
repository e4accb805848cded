import type { Task } from '@duly/client';
import { useCallback } from 'react';
import { useI18n } from '../i18n/i18n.tsx';
import type { Group, List } from '../model/lists.ts';
import { useSession } from '../session/session.tsx';
import { announce } from '../ui/announce.ts';

export type Side = 'before' | 'after';
/** Moves a task beside another one, or to the end of a group. */
export interface Move {
  beside(id: string, targetId: string, side: Side): void;
  toGroup(id: string, groupKey: string): void;
  /** One place up (-1) or down (1), also into the next group. */
  step(id: string, by: 1 | -1): void;
}

const groupOf = ({ groups }: List, id: string): Group | undefined =>
  groups.find(({ tasks }) => tasks.some((task) => task.id === id));

/** In a manual order a move changes the place; in a list by date, the day. */
export function useMove(list: List): Move {
  const { offline } = useSession();
  const { t } = useI18n();

  const place = useCallback(
    async (id: string, group: Group, neighbour: { id: string; side: Side } | null): Promise<void> => {
      const { due_date, project_id = null, section_id = null } = group.fields;
      if (list.isManual) {
        const placement = { project_id, section_id };
        if (neighbour === null) await offline.tasks.move(id, { before: null, ...placement });
        else if (neighbour.side === 'before')
          await offline.tasks.move(id, { before: neighbour.id, ...placement });
        else await offline.tasks.move(id, { after: neighbour.id, ...placement });
      } else if (due_date !== undefined && group.heading?.kind !== 'overdue') {
        await offline.tasks.update(id, { due_date });
      }
      announce(t('toast.moved', { title: offline.tasks.get(id)?.title ?? '' }));
    },
    [list, offline, t],
  );

  const beside = (id: string, targetId: string, side: Side) => {
    const group = groupOf(list, targetId);
    if (group !== undefined && id !== targetId) void place(id, group, { id: targetId, side });
  };
  const toGroup = (id: string, key: string) => {
    const group = list.groups.find((one) => one.key === key);
    if (group !== undefined) void place(id, group, null);
  };
  const step = (id: string, by: 1 | -1) => {
    const at = list.groups.findIndex(({ tasks }) => tasks.some((task) => task.id === id));
    const group = list.groups[at];
    const index = group?.tasks.findIndex((task) => task.id === id) ?? -1;
    const neighbour: Task | undefined = list.isManual ? group?.tasks[index + by] : undefined;
    if (neighbour !== undefined) return beside(id, neighbour.id, by < 0 ? 'before' : 'after');
    const next = list.groups[at + by];
    if (next === undefined) return undefined;
    const first = next.tasks[0];
    return void place(id, next, by > 0 && first ? { id: first.id, side: 'before' } : null);
  };
  return { beside, toGroup, step };
}
