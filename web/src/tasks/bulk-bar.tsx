import { useI18n } from '../i18n/i18n.tsx';
import type { List } from '../model/lists.ts';
import { useStore } from '../model/store.ts';
import type { TaskChange } from '../model/task-actions.ts';
import { useTaskActions } from '../model/use-actions.ts';
import { useSession } from '../session/session.tsx';
import { Icon, type IconName } from '../ui/icon.tsx';
import { Menu } from '../ui/menu.tsx';
import { Popover } from '../ui/popover.tsx';
import { DueChoices } from './card/due-picker.tsx';
import { usePlaceItems } from './card/place-picker.tsx';
import { priorities } from './card/priority-picker.tsx';
import { TagPanel } from './card/tag-picker.tsx';
import { selection } from './selection.ts';

/** What can be done with all selected tasks at once. */
export function BulkBar({ list, today }: { list: List; today: string }) {
  const { t } = useI18n();
  const { completeAll, updateAll, remove } = useTaskActions();
  const { offline } = useSession();
  const keys = useStore(selection);
  const all = list.groups.flatMap(({ tasks }) => tasks);
  const tasks = all.filter(({ id }) => keys.has(offline.tasks.keyOf(id)));
  const change = (fields: TaskChange) => {
    // A subtask stands where its parent does.
    const changed = fields.project_id === undefined ? tasks : tasks.filter((task) => task.parent_id === null);
    void updateAll(changed, () => fields);
    selection.end();
  };
  const complete = () => {
    void completeAll(tasks);
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
          <IconButton icon="done" text={t('select.complete')} onClick={complete} />
          <BulkDue today={today} onChange={change} />
          <BulkMenus onChange={change} />
          <Popover className="icon-button" name={t('tag.label')} label={<Icon name="tag" />}>
            {() => (
              <TagPanel tasks={tasks} onChange={(changed, changeOf) => void updateAll(changed, changeOf)} />
            )}
          </Popover>
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

function BulkDue({ today, onChange }: { today: string; onChange: (fields: TaskChange) => void }) {
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

function BulkMenus({ onChange }: { onChange: (fields: TaskChange) => void }) {
  const { t } = useI18n();
  const places = usePlaceItems(onChange);
  return (
    <>
      <Menu
        className="icon-button"
        name={t('priority.label')}
        label={<Icon name="flag" />}
        items={priorities.map((priority) => ({
          id: priority,
          text: t(`priority.${priority}`),
          run: () => onChange({ priority }),
        }))}
      />
      <Menu className="icon-button" name={t('project.label')} label={<Icon name="folder" />} items={places} />
    </>
  );
}
