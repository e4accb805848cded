import type { Task } from '@duly/client';
import type { Offline } from '@duly/client/offline';
import type { Translate } from '../i18n/i18n.tsx';
import type { Group, List } from '../model/lists.ts';
import { announce } from '../ui/announce.ts';
import type { Side } from './use-move.ts';

const groupOf = ({ groups }: List, id: string): Group | undefined =>
  groups.find(({ tasks }) => tasks.some((task) => task.id === id));

/** A move changes the position in a list with a manual order, and the due date in a list of days. */
export function createMove(list: List, offline: Offline, t: Translate) {
  async function place(
    id: string,
    group: Group,
    neighbour: { id: string; side: Side } | null,
  ): Promise<void> {
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
  }

  // While somebody drags, a new task may get another id.
  const idOf = (id: string) => offline.tasks.get(id)?.id ?? id;
  async function beside(dragged: string, target: string, side: Side): Promise<void> {
    const [id, targetId] = [idOf(dragged), idOf(target)];
    const group = groupOf(list, targetId);
    if (group !== undefined && id !== targetId) await place(id, group, { id: targetId, side });
  }
  async function toGroup(id: string, key: string): Promise<void> {
    const group = list.groups.find((one) => one.key === key);
    if (group !== undefined) await place(id, group, null);
  }
  async function step(id: string, by: 1 | -1): Promise<void> {
    const at = list.groups.findIndex(({ tasks }) => tasks.some((task) => task.id === id));
    const group = list.groups[at];
    const index = group?.tasks.findIndex((task) => task.id === id) ?? -1;
    const neighbour: Task | undefined = list.isManual ? group?.tasks[index + by] : undefined;
    if (neighbour !== undefined) return beside(id, neighbour.id, by < 0 ? 'before' : 'after');
    const next = list.groups[at + by];
    if (next === undefined) return undefined;
    const first = next.tasks[0];
    return place(id, next, by > 0 && first ? { id: first.id, side: 'before' } : null);
  }
  return { beside, toGroup, step };
}
