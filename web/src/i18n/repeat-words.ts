import { addDays, type Day, toDate } from '../model/days.ts';
import { type Translate, useI18n } from './i18n.tsx';

interface Names {
  locale: string;
  weekday(day: Day, style: 'long' | 'short'): string;
  dayMonth(day: Day): string;
}

/** A Monday. */
const monday = '2024-01-01';
const codes = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'];
const units = { DAILY: 'day', WEEKLY: 'week', MONTHLY: 'month', YEARLY: 'year' } as const;
const isUnit = (value: string): value is keyof typeof units => value in units;

export const parseRule = (rule: string): Partial<Record<string, string>> =>
  Object.fromEntries(rule.split(';').map((part) => part.split('=', 2)));

/** An RRULE in the words of the language. Its texts are loaded with those of pages (`ui/lazy-page.ts`). */
export function useRepeatWords(): (rule: string) => string {
  const { t, locale, weekday } = useI18n();
  const format = new Intl.DateTimeFormat(locale, { timeZone: 'UTC', day: 'numeric', month: 'short' });
  const dayMonth = (day: Day) => format.format(toDate(day));
  return (rule) => repeatWords(rule, t, { locale, weekday, dayMonth });
}

/** What has no words here is shown as the rule itself, which is never wrong. */
function repeatWords(rule: string, t: Translate, names: Names): string {
  const {
    FREQ = '',
    INTERVAL = '1',
    BYDAY,
    BYMONTHDAY,
    BYMONTH,
    UNTIL,
    COUNT,
    WKST: _,
    ...others
  } = parseRule(rule);
  if (!isUnit(FREQ) || Object.keys(others).length > 0) return rule;
  const count = Number(INTERVAL);
  const every = count === 1 ? t(`repeat.${units[FREQ]}`) : t(`repeat.${units[FREQ]}s`, { count });
  const list = new Intl.ListFormat(names.locale, { type: 'conjunction' });
  const parts = [every];
  if (BYDAY === 'MO,TU,WE,TH,FR' && count === 1 && FREQ === 'WEEKLY') parts[0] = t('repeat.weekdays');
  else if (BYDAY !== undefined)
    parts.push(t('repeat.on', { days: list.format(BYDAY.split(',').map((day) => dayName(day, t, names))) }));
  if (BYMONTH !== undefined && BYMONTHDAY !== undefined && /^\d+$/.test(`${BYMONTH}${BYMONTHDAY}`)) {
    const day = `2024-${BYMONTH.padStart(2, '0')}-${BYMONTHDAY.padStart(2, '0')}`;
    parts.push(t('repeat.on', { days: names.dayMonth(day) }));
  } else if (BYMONTHDAY !== undefined) {
    const days = BYMONTHDAY.split(',').map((day) =>
      day === '-1' ? t('repeat.lastDay') : t('repeat.dayOfMonth', { day }),
    );
    parts.push(t('repeat.on', { days: list.format(days) }));
  }
  if (UNTIL !== undefined)
    parts.push(
      t('repeat.until', {
        day: names.dayMonth(`${UNTIL.slice(0, 4)}-${UNTIL.slice(4, 6)}-${UNTIL.slice(6, 8)}`),
      }),
    );
  if (COUNT !== undefined) parts.push(t('repeat.times', { count: Number(COUNT) }));
  return parts.join(' ');
}

/** `FR`, or `-1FR` for the last Friday. */
function dayName(code: string, t: Translate, { weekday }: Names): string {
  const name = weekday(addDays(monday, codes.indexOf(code.slice(-2))), 'long');
  const ordinal = code.slice(0, -2);
  if (ordinal === '') return name;
  return ordinal === '-1'
    ? t('repeat.lastWeekday', { day: name })
    : t('repeat.nthWeekday', { number: ordinal.replace('+', ''), day: name });
}
