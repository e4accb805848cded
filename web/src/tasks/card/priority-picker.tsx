import type { Task } from '@duly/client';
import { useI18n } from '../../i18n/i18n.tsx';
import { useTaskActions } from '../../model/use-actions.ts';
import { Icon } from '../../ui/icon.tsx';
import { Menu } from '../../ui/menu.tsx';

export const priorities = ['High', 'Medium', 'Low'] as const;

export function PriorityPicker({ task }: { task: Task }) {
  const { t } = useI18n();
  const { update } = useTaskActions();
  const text = t(`priority.${task.priority}`);
  return (
    <Menu
      className={`field-chip field-chip-${task.priority}`}
      name={`${t('priority.label')}: ${text}`}
      label={
        <>
          <Icon name="flag" size={16} />
          {text}
        </>
      }
      items={priorities.map((priority) => ({
        id: priority,
        text: t(`priority.${priority}`),
        isChosen: priority === task.priority,
        run: () => void update(task, { priority }),
      }))}
    />
  );
}
