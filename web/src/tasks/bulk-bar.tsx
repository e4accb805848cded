import { useOffline } from '@duly/client/react';
import { useI18n } from '../i18n/i18n.tsx';
import type { List } from '../model/lists.ts';
import { useStore } from '../model/store.ts';
import { useTaskActions } from '../model/use-actions.ts';
import { useSession } from '../session/session.tsx';
import { Icon, type IconName } from '../ui/icon.tsx';
import { Menu } from '../ui/menu.tsx';
import { Popover } from '../ui/popover.tsx';
import { DueChoices } from './card/due-picker.tsx';
import { priorities } from './card/priority-picker.tsx';
import { selection } from './selection.ts';

type Change = Parameters<ReturnType<typeof useTaskActions>['updateAll']>[1];

/** What can be done with all selected tasks at once. */
export function BulkBar({ list, today }: { list: List; today: string }) {
  const { t } = useI18n();
  const { updateAll, remove } = useTaskActions();
  const { offline } = useSession();
  const keys = useStore(selection);
  const all = list.groups.flatMap(({ tasks }) => tasks);
  const tasks = all.filter(({ id }) => keys.has(offline.tasks.keyOf(id)));
  const change = (fields: Change) => {
    void updateAll(tasks, fields);
    selection.end();
  };
  const removeAll = () => {
    void remove(tasks);
    selection.end();
  };
  return (
    <div className="bulk-bar" role="toolbar" aria-label={t('select.actions')}>
      <span className="bulk-count" aria-live="polite">
        {t('select.count', { count: tasks.length })}
      </span>
      <button
        type="button"
        className="button button-small"
        onClick={() => selection.selectAll(all.map(({ id }) => offline.tasks.keyOf(id)))}
      >
        {t('select.all')}
      </button>
      {tasks.length > 0 && (
        <>
          <IconButton icon="done" text={t('select.complete')} onClick={() => change({ completed: true })} />
          <BulkDue today={today} onChange={change} />
          <BulkMenus onChange={change} />
          <IconButton icon="trash" text={t('delete')} onClick={removeAll} />
        </>
      )}
      <IconButton icon="close" text={t('select.end')} onClick={selection.end} />
    </div>
  );
}

function IconButton({ icon, text, onClick }: { icon: IconName; text: string; onClick: () => void }) {
  return (
    <button type="button" className="icon-button" aria-label={text} title={text} onClick={onClick}>
      <Icon name={icon} />
    </button>
  );
}

function BulkDue({ today, onChange }: { today: string; onChange: (fields: Change) => void }) {
  const { t } = useI18n();
  return (
    <Popover className="icon-button" name={t('due.label')} label={<Icon name="calendar" />}>
      {() => (
        <div className="due-panel">
          <DueChoices day={null} today={today} onDay={(due_date) => onChange({ due_date })} />
        </div>
      )}
    </Popover>
  );
}

function BulkMenus({ onChange }: { onChange: (fields: Change) => void }) {
  const { t } = useI18n();
  const { offline } = useSession();
  const projects = useOffline(offline, (all) => all.projects.all().filter(({ archived }) => !archived));
  const menus = [
    {
      icon: 'flag',
      name: t('priority.label'),
      items: priorities.map((priority) => ({
        id: priority,
        text: t(`priority.${priority}`),
        run: () => onChange({ priority }),
      })),
    },
    {
      icon: 'folder',
      name: t('project.label'),
      items: [
        {
          id: 'inbox',
          text: t('nav.inbox'),
          icon: 'inbox' as const,
          run: () => onChange({ project_id: null }),
        },
        ...projects.map(({ id, name, color }) => ({
          id: offline.projects.keyOf(id),
          text: name,
          color,
          run: () => onChange({ project_id: id }),
        })),
      ],
    },
  ] as const;
  return menus.map(({ icon, name, items }) => (
    <Menu key={icon} className="icon-button" name={name} label={<Icon name={icon} />} items={items} />
  ));
}
