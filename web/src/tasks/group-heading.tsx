import { useI18n } from '../i18n/i18n.tsx';
import type { Group } from '../model/lists.ts';
import { useSession } from '../session/session.tsx';
import { panel } from '../shell/panels.ts';
import { useArrange } from '../shell/use-arrange.ts';
import { Icon } from '../ui/icon.tsx';
import { Menu } from '../ui/menu.tsx';
import { moveItems } from '../views/move-items.ts';
import { deleteSection, renameSection } from '../views/section-actions.ts';

export function GroupHeading({ group, today }: { group: Group; today: string }) {
  const { t, shortDay, restOfDay } = useI18n();
  const { heading } = group;
  if (heading === undefined) return null;
  return (
    <header className={`group-head group-head-${heading.kind}`}>
      <h2>
        {heading.kind === 'section' && heading.name}
        {heading.kind === 'overdue' && t('list.overdue')}
        {heading.kind === 'day' && shortDay(heading.day, today)}
        {heading.kind === 'day' && <span className="group-date">{restOfDay(heading.day, today)}</span>}
      </h2>
      <span className="group-count">{group.tasks.length > 0 ? group.tasks.length : ''}</span>
      {heading.kind !== 'overdue' && (
        <button
          type="button"
          className="icon-button icon-button-small group-add"
          aria-label={t('quickAdd.title')}
          title={t('quickAdd.title')}
          onClick={() => panel.set({ name: 'quick-add', fields: group.fields })}
        >
          <Icon name="add" size={18} />
        </button>
      )}
      {heading.kind === 'section' && <SectionMenu id={heading.id} name={heading.name} />}
    </header>
  );
}

function SectionMenu({ id, name }: { id: string; name: string }) {
  const { t } = useI18n();
  const { offline } = useSession();
  const { moveBy } = useArrange();
  return (
    <Menu
      label={<Icon name="more" size={18} />}
      name={t('section.menu', { name })}
      className="icon-button icon-button-small"
      align="end"
      items={[
        {
          id: 'rename',
          text: t('section.rename'),
          icon: 'edit',
          run: () => void renameSection(offline, id, name),
        },
        ...moveItems(t, (by) => moveBy({ kind: 'sections', id }, by)),
        {
          id: 'delete',
          text: t('delete'),
          icon: 'trash',
          isDangerous: true,
          run: () => void deleteSection(offline, id, name, t),
        },
      ]}
    />
  );
}
