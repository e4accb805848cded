import type { Collections, Offline } from '@duly/client/offline';
import type { Session } from '../session/session.tsx';

export const kinds = ['tasks', 'projects', 'sections', 'views'] as const;
export type Kind = (typeof kinds)[number];

export interface TrashItem {
  kind: Kind;
  id: string;
  title: string;
  deletedAt: string;
  /** Its deletion is not on the server yet. */
  isWaiting: boolean;
}

/** What goes into the trash with something else stands after it. */
const order: readonly Kind[] = ['projects', 'sections', 'views', 'tasks'];

/** What is known of the trash here, the newest deletion first; of one deletion, a project before its tasks. */
export function trashItems(all: Collections): TrashItem[] {
  const items = kinds.flatMap((kind) => {
    const waiting = new Set(all[kind].waiting());
    return all[kind].trash().map(
      (item): TrashItem => ({
        kind,
        id: item.id,
        title: 'title' in item ? item.title : item.name,
        deletedAt: item.deleted_at,
        isWaiting: waiting.has(item.id),
      }),
    );
  });
  return items.sort(
    (a, b) =>
      Date.parse(b.deletedAt) - Date.parse(a.deletedAt) || order.indexOf(a.kind) - order.indexOf(b.kind),
  );
}

interface Query {
  limit: number;
  cursor?: string;
}
interface Page<T> {
  data: readonly T[];
  pagination: { next_cursor: string | null };
}

const pageSize = 100;
/** Of each kind. What was deleted before is still restored by the API. */
const maxPages = 5;

async function readAll<T>(list: (query: Query) => Promise<Page<T>>): Promise<T[]> {
  const items: T[] = [];
  let query: Query = { limit: pageSize };
  for (let page = 0; page < maxPages; page++) {
    const { data, pagination } = await list(query);
    items.push(...data);
    if (pagination.next_cursor === null) break;
    query = { limit: pageSize, cursor: pagination.next_cursor };
  }
  return items;
}

/** Makes what is known here what the server has. @throws DulyError without a network */
export async function refreshTrash({ duly, offline }: Session): Promise<void> {
  // What was deleted here just now has to be there.
  await offline.sync();
  const [tasks, projects, sections, views] = await Promise.all([
    readAll((query) => duly.trash.list(query)),
    readAll((query) => duly.projects.listTrash(query)),
    readAll((query) => duly.sections.listTrash(query)),
    readAll((query) => duly.views.listTrash(query)),
  ]);
  await offline.tasks.rememberTrash(tasks);
  await offline.projects.rememberTrash(projects);
  await offline.sections.rememberTrash(sections);
  await offline.views.rememberTrash(views);
}

export const restoreItem = (offline: Offline, { kind, id }: TrashItem): Promise<void> =>
  offline[kind].restore(id);
