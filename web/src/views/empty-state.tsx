import { useI18n } from '../i18n/i18n.tsx';
import type { ListRoute } from '../model/lists.ts';
import { EmptyPicture } from '../ui/empty-picture.tsx';

export type EmptyName = ListRoute['name'] | 'searchStart' | 'gone';

/** Says what belongs here, and how it gets here. */
export function EmptyState({ name }: { name: EmptyName }) {
  const { t } = useI18n();
  return (
    <div className="empty">
      <EmptyPicture />
      <h2>{t(`empty.${name}`)}</h2>
      <p>{t(`empty.${name}Text`)}</p>
    </div>
  );
}
