import type { Translate } from '../../i18n/i18n.tsx';

export const minutesOfDay = 1_440;

/** @param minutes before a task is due, 0 or more: in the largest unit that has no fraction */
export function beforeText(minutes: number, t: Translate): string {
  if (minutes === 0) return t('reminder.atTime');
  if (minutes % minutesOfDay === 0) return t('reminder.days', { count: minutes / minutesOfDay });
  return minutes % 60 === 0
    ? t('reminder.hours', { count: minutes / 60 })
    : t('reminder.minutes', { count: minutes });
}
