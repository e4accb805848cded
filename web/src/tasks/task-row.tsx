import type { Project, Task } from '@duly/client';
import { type MouseEvent, memo, type PointerEvent } from 'react';
import { useI18n } from '../i18n/i18n.tsx';
import type { Clock } from '../model/filter.ts';
import { useTaskActions } from '../model/use-actions.ts';
import { Icon } from '../ui/icon.tsx';
import { Dot } from '../ui/menu.tsx';
import { RowMeta } from './row-meta.tsx';
import { selection } from './selection.ts';
import { openCard } from './task-list.tsx';

interface TaskRowProps {
  task: Task;
  /** In the selection. */
  selectionKey: string;
  clock: Clock;
  project: Project | undefined;
  /** The heading says the day. */
  hidesDay: boolean;
  isSelecting: boolean;
  isSelected: boolean;
  canDrag: boolean;
  isDragged: boolean;
  /** It has changes that are not on the server yet. */
  isWaiting: boolean;
  onDragStart: (task: Task, event: PointerEvent<HTMLElement>) => void;
}

function Row({
  task,
  selectionKey,
  clock,
  project,
  hidesDay,
  isSelecting,
  isSelected,
  canDrag,
  isDragged,
  isWaiting,
  onDragStart,
}: TaskRowProps) {
  const { t } = useI18n();
  const onTitle = (event: MouseEvent) => {
    if (isSelecting || event.metaKey || event.ctrlKey) selection.toggle(selectionKey);
    else openCard(task.id);
  };
  return (
    <div
      className="row"
      data-completed={task.completed}
      data-selected={isSelected}
      data-dragged={isDragged}
      data-waiting={isWaiting}
    >
      {canDrag && (
        <span className="row-grip" onPointerDown={(event) => onDragStart(task, event)} aria-hidden="true">
          <Icon name="grip" size={18} />
        </span>
      )}
      {isSelecting ? (
        <SelectBox task={task} isSelected={isSelected} onToggle={() => selection.toggle(selectionKey)} />
      ) : (
        <CompleteBox task={task} />
      )}
      <button
        type="button"
        className="row-title"
        onClick={onTitle}
        aria-expanded={isSelecting ? undefined : false}
      >
        <span className="row-text">{task.title}</span>
        {task.description && <span className="row-note">{task.description}</span>}
        <RowMeta task={task} clock={clock} hidesDay={hidesDay} />
        {project && (
          <span className="row-project">
            <Dot color={project.color} />
            <span className="one-line">{project.name}</span>
          </span>
        )}
        {isWaiting && <span className="visually-hidden">{t('sync.row')}</span>}
      </button>
    </div>
  );
}

export const TaskRow = memo(Row, (before, after) =>
  Object.entries(after).every(([name, value]) =>
    name === 'clock'
      ? before.clock.today === after.clock.today && before.clock.instant === after.clock.instant
      : Object.is(value, before[name as keyof TaskRowProps]),
  ),
);

export function CompleteBox({ task }: { task: Task }) {
  const { t } = useI18n();
  const { complete } = useTaskActions();
  return (
    <label className="check" data-priority={task.priority}>
      <input
        type="checkbox"
        checked={task.completed}
        aria-label={t('task.complete', { title: task.title })}
        onChange={() => void complete(task, !task.completed)}
      />
      <svg viewBox="0 0 24 24" aria-hidden="true">
        <circle cx="12" cy="12" r="9" />
        <path d="M7.8 12.4l2.9 2.9 5.6-6.2" />
      </svg>
    </label>
  );
}

interface SelectBoxProps {
  task: Task;
  isSelected: boolean;
  onToggle: () => void;
}

function SelectBox({ task, isSelected, onToggle }: SelectBoxProps) {
  const { t } = useI18n();
  return (
    <label className="select-box">
      <input
        type="checkbox"
        checked={isSelected}
        aria-label={t('select.task', { title: task.title })}
        onChange={onToggle}
      />
    </label>
  );
}
