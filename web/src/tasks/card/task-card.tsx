import type { Task } from '@duly/client';
import { type KeyboardEvent, useEffect, useRef } from 'react';
import { useI18n } from '../../i18n/i18n.tsx';
import { useTaskActions } from '../../model/use-actions.ts';
import { Icon } from '../../ui/icon.tsx';
import { Menu } from '../../ui/menu.tsx';
import { CompleteBox } from '../task-row.tsx';
import { DuePicker } from './due-picker.tsx';
import { EditableText } from './editable-text.tsx';
import { PlacePicker } from './place-picker.tsx';
import { PriorityPicker } from './priority-picker.tsx';
import { ReminderPicker } from './reminder-picker.tsx';
import { RepeatPicker } from './repeat-picker.tsx';
import { Subtasks } from './subtasks.tsx';
import { TagPicker } from './tag-picker.tsx';

interface TaskCardProps {
  task: Task;
  today: string;
  onClose: () => void;
}

/** A task that is open in its place in the list. Every field is saved as it is left. */
export function TaskCard({ task, today, onClose }: TaskCardProps) {
  const { t } = useI18n();
  const { update, remove, skip } = useTaskActions();
  const card = useRef<HTMLDivElement>(null);
  useEffect(() => {
    card.current?.scrollIntoView({ block: 'nearest' });
  }, []);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' && !(event.key === 'Enter' && (event.metaKey || event.ctrlKey))) return;
    event.stopPropagation();
    // A selection goes on.
    event.preventDefault();
    // Leaving a field saves it.
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    onClose();
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a group of fields, not a fieldset of a form
    <div ref={card} className="card" role="group" aria-label={task.title} tabIndex={-1} onKeyDown={onKeyDown}>
      <div className="card-head">
        <CompleteBox task={task} />
        <EditableText
          className="card-title"
          label={t('task.title')}
          value={task.title}
          maxLength={200}
          isSingleLine
          autoFocus
          onSave={(title, seen) => title !== '' && void update(task, { title }, { title: seen })}
        />
        <button
          type="button"
          className="icon-button"
          aria-label={t('close')}
          title={t('close')}
          onClick={onClose}
        >
          <Icon name="close" />
        </button>
      </div>
      <EditableText
        className="card-notes"
        label={t('task.notes')}
        placeholder={t('task.notes')}
        value={task.description ?? ''}
        maxLength={1_000}
        onSave={(notes, seen) =>
          void update(task, { description: notes || null }, { description: seen || null })
        }
      />
      <div className="card-fields">
        <DuePicker task={task} today={today} />
        {task.due_date !== null && <RepeatPicker task={task} today={today} />}
        {task.due_date !== null && <ReminderPicker task={task} />}
        <PriorityPicker task={task} />
        <PlacePicker task={task} />
        <TagPicker task={task} />
      </div>
      <Subtasks task={task} />
      <footer className="card-foot">
        <Menu
          label={<Icon name="more" />}
          name={t('task.menu')}
          className="icon-button"
          items={[
            ...(task.recurrence === null
              ? []
              : [{ id: 'skip', text: t('task.skip'), icon: 'skip' as const, run: () => void skip(task) }]),
            {
              id: 'delete',
              text: t('delete'),
              icon: 'trash',
              isDangerous: true,
              run: () => void remove([task]),
            },
          ]}
        />
        <button type="button" className="button button-small" onClick={onClose}>
          {t('done')}
        </button>
      </footer>
    </div>
  );
}
