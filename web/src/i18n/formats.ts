import { type Day, daysBetween, toDate } from '../model/days.ts';
import type { Translate } from './i18n.tsx';

export interface Formats {
  /** As short as it is clear: Today, Tomorrow, Friday, 24 Dec, 24 Dec 2027. */
  shortDay(day: Day, today: Day): string;
  /** Without words for today: 24 Dec, 24 Dec 2027. */
  shortDate(day: Day, today: Day): string;
  /** With weekday and month. */
  longDay(day: Day, today: Day): string;
  /** What `shortDay` leaves out: the date, and the weekday unless that is the short form. */
  restOfDay(day: Day, today: Day): string;
  weekday(day: Day, style: 'long' | 'short' | 'narrow'): string;
  month(day: Day): string;
  /** `HH:MM` on the clock that people there read. */
  time(time: string): string;
  instant(iso: string): string;
  /** 1 is Monday, 7 Sunday. */
  firstWeekday(): number;
}

interface WeekInfo {
  firstDay: number;
}

/** Browsers have it as a method or as a property, or not at all. */
function firstWeekdayOf(locale: string): number {
  const info = new Intl.Locale(locale) as Intl.Locale & { getWeekInfo?(): WeekInfo; weekInfo?: WeekInfo };
  return (info.getWeekInfo?.() ?? info.weekInfo)?.firstDay ?? 1;
}

export function createFormats(locale: string, t: Translate): Formats {
  // Each is made when it is first used: that takes far longer than using it, and a list needs few of them.
  const formatAt = (options: Intl.DateTimeFormatOptions) => {
    let made: Intl.DateTimeFormat | undefined;
    return (date: Date) => {
      made ??= new Intl.DateTimeFormat(locale, options);
      return made.format(date);
    };
  };
  const format = (options: Intl.DateTimeFormatOptions) => {
    const formatDate = formatAt({ timeZone: 'UTC', ...options });
    return (day: Day) => formatDate(toDate(day));
  };
  const dayMonth = format({ day: 'numeric', month: 'short' });
  const dayMonthYear = format({ day: 'numeric', month: 'short', year: 'numeric' });
  const weekdays = {
    long: format({ weekday: 'long' }),
    short: format({ weekday: 'short' }),
    narrow: format({ weekday: 'narrow' }),
  };
  const clock = formatAt({ timeZone: 'UTC', hour: 'numeric', minute: '2-digit' });
  const instant = formatAt({ dateStyle: 'medium', timeStyle: 'short' });
  const date = (day: Day, today: Day) =>
    day.slice(0, 4) === today.slice(0, 4) ? dayMonth(day) : dayMonthYear(day);
  const weekday = (day: Day, style: 'long' | 'short' | 'narrow') => weekdays[style](day);

  return {
    shortDay(day, today) {
      const days = daysBetween(today, day);
      if (days === 0) return t('day.today');
      if (days === 1) return t('day.tomorrow');
      if (days === -1) return t('day.yesterday');
      return days > 1 && days < 7 ? weekdays.long(day) : date(day, today);
    },
    restOfDay(day, today) {
      const days = daysBetween(today, day);
      if (days > 1 && days < 7) return date(day, today);
      return Math.abs(days) <= 1 ? `${weekdays.long(day)}, ${date(day, today)}` : weekdays.long(day);
    },
    shortDate: date,
    longDay: (day, today) => `${weekdays.long(day)}, ${date(day, today)}`,
    weekday,
    month: format({ month: 'long', year: 'numeric' }),
    time: (time) => clock(new Date(`1970-01-01T${time}:00Z`)),
    instant: (iso) => instant(new Date(iso)),
    firstWeekday: () => firstWeekdayOf(locale),
  };
}
