import type { Task } from '@duly/client';
import { Suspense } from 'react';
import { useI18n } from '../i18n/i18n.tsx';
import { type Clock, isOverdue } from '../model/filter.ts';
import { Icon } from '../ui/icon.tsx';
import { lazyPage } from '../ui/lazy-page.ts';

/** Few rows repeat, and the words need many texts. */
const RepeatMark = lazyPage(() => import('./repeat-mark.tsx').then((all) => all.RepeatMark));

interface RowMetaProps {
  task: Task;
  clock: Clock;
  hidesDay: boolean;
}

/** Small facts below the title. */
export function RowMeta({ task, clock, hidesDay }: RowMetaProps) {
  const { t } = useI18n();
  const { recurrence, reminder_count: reminders, progress, tags } = task;
  const hasDue = task.due_date !== null && (!hidesDay || task.due_time !== null);
  if (!hasDue && recurrence === null && reminders === 0 && progress === null && tags.length === 0)
    return null;
  return (
    <span className="meta">
      {hasDue && <Due task={task} clock={clock} hidesDay={hidesDay} />}
      {recurrence !== null && (
        <Suspense
          fallback={
            <span className="meta-item">
              <Icon name="repeat" size={14} />
            </span>
          }
        >
          <RepeatMark rule={recurrence} />
        </Suspense>
      )}
      {reminders > 0 && (
        <span className="meta-item">
          <Icon name="bell" size={14} />
          <span className="visually-hidden">{t('reminder.has')}</span>
        </span>
      )}
      {progress !== null && (
        <span className="meta-item">
          <Icon name="subtask" size={14} />
          {progress.done}/{progress.total}
        </span>
      )}
      {tags.map((tag) => (
        <span key={tag} className="meta-item meta-tag">
          @{tag}
        </span>
      ))}
    </span>
  );
}

function Due({ task, clock, hidesDay }: { task: Task; clock: Clock; hidesDay: boolean }) {
  const { shortDay, time } = useI18n();
  const { due_date: day, due_time: at } = task;
  if (day === null) return null;
  const tone = isOverdue(task, clock) ? 'overdue' : day === clock.today ? 'today' : 'later';
  const parts = [...(hidesDay ? [] : [shortDay(day, clock.today)]), ...(at === null ? [] : [time(at)])];
  return (
    <span className={`meta-item meta-due meta-due-${tone}`}>
      <Icon name="calendar" size={14} />
      {parts.join(' ')}
    </span>
  );
}
