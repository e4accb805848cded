import type { Offline } from '@duly/client/offline';
import type { Translate } from '../i18n/i18n.tsx';

export async function addSection(offline: Offline, projectId: string, t: Translate): Promise<void> {
  const name = window.prompt(t('section.name'))?.trim();
  if (name) await offline.sections.create({ project_id: projectId, name });
}

export async function renameSection(offline: Offline, id: string, name: string, t: Translate): Promise<void> {
  const next = window.prompt(t('section.name'), name)?.trim();
  if (next) await offline.sections.update(id, { name: next });
}
