import type { Task } from '@duly/client';
import { parseQuickAdd } from '@duly/quick-add';
import { type FormEvent, useState } from 'react';
import { useI18n } from '../../i18n/i18n.tsx';
import { useRepeatWords } from '../../i18n/repeat-words.ts';
import { weekdayOf } from '../../model/days.ts';
import { useTaskActions } from '../../model/use-actions.ts';
import { Icon } from '../../ui/icon.tsx';
import { Popover } from '../../ui/popover.tsx';

const codes = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'];

/** The usual rules for a task that is due on `day`. */
function presetsOf(day: string): string[] {
  const [, month = '', date = ''] = day.split('-').map((part) => String(Number(part)));
  return [
    'FREQ=DAILY',
    'FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR',
    `FREQ=WEEKLY;BYDAY=${codes[weekdayOf(day) - 1]}`,
    `FREQ=WEEKLY;INTERVAL=2;BYDAY=${codes[weekdayOf(day) - 1]}`,
    `FREQ=MONTHLY;BYMONTHDAY=${date}`,
    `FREQ=YEARLY;BYMONTH=${month};BYMONTHDAY=${date}`,
  ];
}

export function RepeatPicker({ task, today }: { task: Task; today: string }) {
  const { t } = useI18n();
  const repeat = useRepeatWords();
  const text = task.recurrence === null ? t('repeat.none') : repeat(task.recurrence);
  return (
    <Popover
      className={task.recurrence === null ? 'field-chip field-chip-empty' : 'field-chip'}
      name={`${t('repeat.label')}: ${text}`}
      label={
        <>
          <Icon name="repeat" size={16} />
          <span className="one-line">{text}</span>
        </>
      }
    >
      {(close) => <RepeatPanel task={task} today={today} close={close} />}
    </Popover>
  );
}

function RepeatPanel({ task, today, close }: { task: Task; today: string; close: () => void }) {
  const { t } = useI18n();
  const repeat = useRepeatWords();
  const { update } = useTaskActions();
  const [isWrong, setWrong] = useState(false);
  const set = (recurrence: string | null) => {
    void update(task, { recurrence });
    close();
  };
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const words = String(new FormData(event.currentTarget).get('words'));
    const { recurrence } = parseQuickAdd(words, { now: { date: today, time: '00:00' } });
    if (recurrence === undefined) setWrong(true);
    else set(recurrence);
  };
  return (
    <div className="repeat-panel">
      <ul>
        {presetsOf(task.due_date ?? today).map((rule) => (
          <li key={rule}>
            <button
              type="button"
              className="menu-item"
              aria-pressed={rule === task.recurrence}
              onClick={() => set(rule)}
            >
              <Icon name="repeat" size={18} />
              <span className="menu-text">{repeat(rule)}</span>
              {rule === task.recurrence && <Icon name="check" size={18} />}
            </button>
          </li>
        ))}
        {task.recurrence !== null && (
          <li>
            <button type="button" className="menu-item" onClick={() => set(null)}>
              <Icon name="close" size={18} />
              <span className="menu-text">{t('repeat.clear')}</span>
            </button>
          </li>
        )}
      </ul>
      <form className="repeat-words" onSubmit={onSubmit}>
        <label htmlFor={`repeat-${task.id}`}>{t('repeat.words')}</label>
        <input
          id={`repeat-${task.id}`}
          name="words"
          className="input"
          lang="en"
          placeholder="every month on the last friday"
          aria-invalid={isWrong}
          aria-describedby={`repeat-hint-${task.id}`}
        />
        <p
          id={`repeat-hint-${task.id}`}
          role={isWrong ? 'alert' : undefined}
          className={isWrong ? 'field-error' : 'field-hint'}
        >
          {isWrong ? t('repeat.notUnderstood') : t('repeat.wordsHint')}
        </p>
      </form>
    </div>
  );
}
