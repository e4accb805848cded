import type { Reminder, Task } from '@duly/client';
import { useOffline } from '@duly/client/react';
import type { Translate } from '../../i18n/i18n.tsx';
import { useI18n } from '../../i18n/i18n.tsx';
import { useSession } from '../../session/session.tsx';
import { announce } from '../../ui/announce.ts';
import { Icon } from '../../ui/icon.tsx';
import { Menu } from '../../ui/menu.tsx';
import { beforeText, minutesOfDay } from './reminder-text.ts';

/** Of a task with a time: before it. Of a whole day, which begins at midnight: at nine, and at nine the day before. */
const choices = { time: [0, 10, 30, 60, minutesOfDay], day: [-540, 900] } as const;

function textOf(
  reminder: Pick<Reminder, 'minutes_before' | 'remind_at'>,
  isDay: boolean,
  t: Translate,
  instant: (iso: string) => string,
): string {
  const { minutes_before: minutes, remind_at: at } = reminder;
  if (minutes === null) return at === null ? '' : instant(at);
  if (isDay && minutes === -540) return t('reminder.morning');
  if (isDay && minutes === 900) return t('reminder.dayBefore');
  return beforeText(minutes, t);
}

export function ReminderPicker({ task }: { task: Task }) {
  const { t, instant } = useI18n();
  const { offline } = useSession();
  const own = useOffline(offline, (all) => all.reminders.all().filter(({ task_id }) => task_id === task.id), [
    task.id,
  ]);
  const isConfirmed = useOffline(offline, (all) => all.profiles.all()[0]?.email_verified !== false);
  const isDay = task.due_time === null;
  const describe = (reminder: Pick<Reminder, 'minutes_before' | 'remind_at'>) =>
    textOf(reminder, isDay, t, instant);
  const text = own.length === 0 ? t('reminder.none') : own.map(describe).join(', ');
  const isThere = (minutes: number) => own.find(({ minutes_before: before }) => before === minutes);
  const others = own.filter(
    ({ minutes_before: before }) => !choices[isDay ? 'day' : 'time'].some((minutes) => minutes === before),
  );
  return (
    <Menu
      className={own.length === 0 ? 'field-chip field-chip-empty' : 'field-chip'}
      name={`${t('reminder.label')}: ${text}`}
      label={
        <>
          <Icon name="bell" size={16} />
          <span className="one-line">{text}</span>
        </>
      }
      items={[
        ...choices[isDay ? 'day' : 'time'].map((minutes) => ({
          id: String(minutes),
          text: describe({ minutes_before: minutes, remind_at: null }),
          isChosen: isThere(minutes) !== undefined,
          run() {
            const reminder = isThere(minutes);
            if (reminder) void offline.reminders.delete(reminder.id);
            else {
              void offline.reminders.create({
                task_id: task.id,
                relative_to: 'due',
                minutes_before: minutes,
              });
              if (!isConfirmed) announce(t('reminder.unconfirmed'));
            }
          },
        })),
        ...others.map((reminder) => ({
          id: offline.reminders.keyOf(reminder.id),
          text: describe(reminder),
          isChosen: true,
          run: () => void offline.reminders.delete(reminder.id),
        })),
      ]}
    />
  );
}
