import type { Offline } from '@duly/client/offline';
import { askName, confirm } from '../ui/ask.ts';

export async function addSection({ sections }: Offline, projectId: string): Promise<void> {
  const name = await askName('section.new', 'name');
  if (name !== null) await sections.create({ project_id: projectId, name });
}

export async function renameSection({ sections }: Offline, id: string, name: string): Promise<void> {
  const next = await askName('section.rename', 'name', name);
  if (next !== null) await sections.update(id, { name: next });
}

export async function deleteSection({ sections }: Offline, id: string, name: string): Promise<void> {
  if (await confirm('section', { name })) await sections.delete(id);
}
