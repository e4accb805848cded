import type { Duly } from '@duly/client';

export interface TrashItem {
  kind: 'task' | 'project' | 'section' | 'view';
  id: string;
  title: string;
  deletedAt: string;
}

/** One page of each kind. */
const limit = 100;

/** What is in the trash, the newest deletion first. */
export async function loadTrash(duly: Duly): Promise<TrashItem[]> {
  const [tasks, projects, sections, views] = await Promise.all([
    duly.trash.list({ limit }),
    duly.projects.listTrash({ limit }),
    duly.sections.listTrash({ limit }),
    duly.views.listTrash({ limit }),
  ]);
  const items = [
    ...tasks.data.map(({ id, title, deleted_at }) => ({
      kind: 'task' as const,
      id,
      title,
      deletedAt: deleted_at,
    })),
    ...projects.data.map(({ id, name, deleted_at }) => ({
      kind: 'project' as const,
      id,
      title: name,
      deletedAt: deleted_at,
    })),
    ...sections.data.map(({ id, name, deleted_at }) => ({
      kind: 'section' as const,
      id,
      title: name,
      deletedAt: deleted_at,
    })),
    ...views.data.map(({ id, name, deleted_at }) => ({
      kind: 'view' as const,
      id,
      title: name,
      deletedAt: deleted_at,
    })),
  ];
  return items.sort((a, b) => (a.deletedAt < b.deletedAt ? 1 : -1));
}

export async function restoreItem(duly: Duly, { kind, id }: TrashItem): Promise<void> {
  if (kind === 'task') await duly.tasks.restore(id);
  else if (kind === 'project') await duly.projects.restore(id);
  else if (kind === 'section') await duly.sections.restore(id);
  else await duly.views.restore(id);
}
