import { useI18n } from '../i18n/i18n.tsx';
import type { ListRoute } from '../model/lists.ts';
import { EmptyPicture } from '../ui/empty-picture.tsx';

/** Says what belongs here, and how it gets here. */
export function EmptyState({ route }: { route: ListRoute }) {
  const { t } = useI18n();
  const name = route.name === 'search' && route.text === '' ? 'searchStart' : route.name;
  return (
    <div className="empty">
      <EmptyPicture />
      <h2>{t(`empty.${name}`)}</h2>
      <p>{t(`empty.${name}Text`)}</p>
    </div>
  );
}
