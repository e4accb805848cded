import type { Offline } from '@duly/client/offline';
import type { Translate } from '../i18n/i18n.tsx';
import { announce } from '../ui/announce.ts';
import { askName, confirm } from '../ui/ask.ts';

export async function addSection({ sections }: Offline, projectId: string): Promise<void> {
  const name = await askName('section.new', 'name');
  if (name !== null) await sections.create({ project_id: projectId, name });
}

export async function renameSection({ sections }: Offline, id: string, name: string): Promise<void> {
  const next = await askName('section.rename', 'name', name);
  if (next !== null) await sections.update(id, { name: next });
}

export async function deleteSection(
  { sections }: Offline,
  id: string,
  name: string,
  t: Translate,
): Promise<void> {
  if (!(await confirm('section', { name }))) return;
  await sections.delete(id);
  announce(t('toast.deleted', { title: name }), { undo: () => void sections.restore(id) });
}
