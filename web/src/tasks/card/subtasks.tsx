import type { Task } from '@duly/client';
import { useOffline } from '@duly/client/react';
import { type FormEvent, useState } from 'react';
import { useI18n } from '../../i18n/i18n.tsx';
import { byPosition } from '../../model/order.ts';
import { useTaskActions } from '../../model/use-actions.ts';
import { useSession } from '../../session/session.tsx';
import { Icon } from '../../ui/icon.tsx';
import { CompleteBox } from '../task-row.tsx';
import { EditableText } from './editable-text.tsx';

export function Subtasks({ task }: { task: Task }) {
  const { t } = useI18n();
  const { offline } = useSession();
  const { update, remove } = useTaskActions();
  const subtasks = useOffline(
    offline,
    (all) =>
      all.tasks
        .all()
        .filter(({ parent_id }) => parent_id === task.id)
        .sort(byPosition),
    [task.id],
  );
  return (
    <div className="subtasks">
      <ul aria-label={t('subtask.list')}>
        {subtasks.map((subtask) => (
          <li key={offline.tasks.keyOf(subtask.id)} className="subtask" data-completed={subtask.completed}>
            <CompleteBox task={subtask} />
            <EditableText
              className="subtask-title"
              label={t('task.title')}
              value={subtask.title}
              maxLength={200}
              isSingleLine
              onSave={(title, seen) => title !== '' && void update(subtask, { title }, { title: seen })}
            />
            <button
              type="button"
              className="icon-button icon-button-small"
              aria-label={t('task.delete', { title: subtask.title })}
              onClick={() => void remove([subtask])}
            >
              <Icon name="close" size={16} />
            </button>
          </li>
        ))}
      </ul>
      <NewSubtask task={task} />
    </div>
  );
}

function NewSubtask({ task }: { task: Task }) {
  const { t } = useI18n();
  const { offline } = useSession();
  const [title, setTitle] = useState('');
  const add = (event: FormEvent) => {
    event.preventDefault();
    if (title.trim() === '') return;
    setTitle('');
    void offline.tasks.create({ title: title.trim(), parent_id: task.id });
  };
  return (
    <form className="subtask subtask-new" onSubmit={add}>
      <Icon name="add" size={18} />
      <input
        className="editable subtask-title"
        aria-label={t('subtask.add')}
        placeholder={t('subtask.add')}
        value={title}
        maxLength={200}
        onChange={(event) => setTitle(event.target.value)}
      />
    </form>
  );
}
