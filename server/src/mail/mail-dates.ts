import { LRUCache } from 'lru-cache';
import { dateIn } from '../dates/zones.ts';
import { entryLimit } from '../platform/lru.ts';

/** Dates and times as a reader of the mail writes them, by the runtime's data of locales. */
export interface MailDates {
  /** A date, with its weekday; with its year if that is not the present one. */
  day(date: string): string;
  /** A time, and its date. */
  dateTime(instant: string): string;
  /** A time of the day. */
  time(instant: string): string;
  /** An hour of the day, 0 to 23. */
  hour(hour: number): string;
}

/** A formatter takes long to make: many mails of one minute share them. */
const formatters = new LRUCache<string, Intl.DateTimeFormat>(entryLimit(1_000));

function formatterOf(
  locale: string,
  timeZone: string,
  options: Intl.DateTimeFormatOptions,
): Intl.DateTimeFormat {
  const key = JSON.stringify([locale, timeZone, options]);
  const known = formatters.get(key);
  if (known !== undefined) return known;
  // English for a locale that the runtime does not know; otherwise it takes its own default.
  const formatter = new Intl.DateTimeFormat([locale, 'en'], { ...options, timeZone });
  formatters.set(key, formatter);
  return formatter;
}

const dayOptions = { weekday: 'long', day: 'numeric', month: 'long' } as const;
const timeOptions = { hour: 'numeric', minute: '2-digit' } as const;

const isHour = ({ type }: Intl.DateTimeFormatPart) => type === 'hour';

/** @param now dates of its year are written without the year */
export function mailDates(locale: string, timeZone: string, now: Date): MailDates {
  const thisYear = dateIn(timeZone, now).slice(0, 4);
  const yearOf = (date: string) => (date.startsWith(thisYear) ? {} : ({ year: 'numeric' } as const));
  return {
    day: (date) => formatterOf(locale, 'UTC', { ...dayOptions, ...yearOf(date) }).format(Date.parse(date)),
    dateTime(instant) {
      const date = dateIn(timeZone, new Date(instant));
      const options = { ...dayOptions, ...yearOf(date), ...timeOptions };
      const instantMs = Date.parse(instant);
      // As a time alone has it: some locales write 7:30 after a date, and 07:30 otherwise.
      const hour = formatterOf(locale, timeZone, { timeStyle: 'short' })
        .formatToParts(instantMs)
        .find(isHour)?.value;
      return formatterOf(locale, timeZone, options)
        .formatToParts(instantMs)
        .map((part) => (isHour(part) ? (hour ?? part.value) : part.value))
        .join('');
    },
    time: (instant) => formatterOf(locale, timeZone, { timeStyle: 'short' }).format(Date.parse(instant)),
    hour: (hour) => formatterOf(locale, 'UTC', { timeStyle: 'short' }).format(Date.UTC(2000, 0, 1, hour)),
  };
}
