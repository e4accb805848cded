import type { Task } from '@duly/client';
import { useI18n } from '../../i18n/i18n.tsx';
import { addDays, weekdayOf } from '../../model/days.ts';
import { useTaskActions } from '../../model/use-actions.ts';
import { Icon } from '../../ui/icon.tsx';
import { Popover } from '../../ui/popover.tsx';
import { Calendar } from './calendar.tsx';

export function DuePicker({ task, today }: { task: Task; today: string }) {
  const { t, shortDay, time } = useI18n();
  const { moveTo } = useTaskActions();
  const { due_date: day, due_time: at } = task;
  const label =
    day === null ? t('due.none') : [shortDay(day, today), at === null ? '' : time(at)].join(' ').trim();
  const setDay = (due_date: string | null) => {
    if (due_date === day) return;
    void moveTo(task, { due_date }, due_date === null ? t('due.none') : shortDay(due_date, today));
  };
  return (
    <Popover
      className={day === null ? 'field-chip field-chip-empty' : 'field-chip'}
      name={`${t('due.label')}: ${label}`}
      label={
        <>
          <Icon name="calendar" size={16} />
          {label}
        </>
      }
    >
      {(close) => (
        <DuePanel
          task={task}
          today={today}
          onDay={(next) => {
            setDay(next);
            close();
          }}
          onDone={close}
        />
      )}
    </Popover>
  );
}

interface DuePanelProps {
  task: Task;
  today: string;
  onDay: (day: string | null) => void;
  onDone: () => void;
}

interface DueChoicesProps {
  /** The one that is chosen. */
  day: string | null;
  today: string;
  onDay: (day: string | null) => void;
}

/** Near days, no day, and a calendar for any other. */
export function DueChoices({ day: chosen, today, onDay }: DueChoicesProps) {
  const { t, weekday } = useI18n();
  const monday = addDays(today, 8 - weekdayOf(today));
  const choices = [
    ['due.today', today],
    ['due.tomorrow', addDays(today, 1)],
    ['due.nextWeek', monday],
    ['due.clear', null],
  ] as const;
  return (
    <>
      <ul className="due-choices">
        {choices.map(([text, day]) => (
          <li key={text}>
            <button type="button" className="menu-item" onClick={() => onDay(day)}>
              <Icon name={day === null ? 'close' : 'calendar'} size={18} />
              <span className="menu-text">{t(text)}</span>
              {day !== null && <span className="menu-note">{weekday(day, 'short')}</span>}
            </button>
          </li>
        ))}
      </ul>
      <Calendar day={chosen} today={today} onDay={onDay} />
    </>
  );
}

function DuePanel({ task, today, onDay, onDone }: DuePanelProps) {
  const { t } = useI18n();
  const { update } = useTaskActions();
  return (
    <div className="due-panel">
      <DueChoices day={task.due_date} today={today} onDay={onDay} />
      {task.due_date !== null && (
        <label className="time-field">
          <span>{t('due.time')}</span>
          <input
            type="time"
            className="input"
            defaultValue={task.due_time ?? ''}
            onBlur={({ target: { value } }) => void update(task, { due_time: value === '' ? null : value })}
            onKeyDown={(event) => {
              if (event.key !== 'Enter') return;
              // Leaving the field saves it. The key is not for the button, which gets the focus.
              event.preventDefault();
              onDone();
            }}
          />
        </label>
      )}
    </div>
  );
}
