/** The local date and time in a zone: `YYYY-MM-DD`, `HH:MM`. */
export interface LocalTime {
  date: string;
  time: string;
}

/** The time zone that the program was started with. */
export const outerZone = process.env.TZ;

/** @param zone an IANA name; null: the zone of this machine */
export function clockIn(zone: string | null, instant = new Date()): LocalTime {
  // An Intl.DateTimeFormat takes 13 ms to make.
  if (zone !== null && process.env.TZ !== zone) process.env.TZ = zone;
  const digits = (value: number, length = 2) => String(value).padStart(length, '0');
  const month = digits(instant.getMonth() + 1);
  return {
    date: `${digits(instant.getFullYear(), 4)}-${month}-${digits(instant.getDate())}`,
    time: `${digits(instant.getHours())}:${digits(instant.getMinutes())}`,
  };
}

const dayMs = 86_400_000;

export const addDays = (date: string, days: number): string =>
  new Date(Date.parse(`${date}T00:00:00Z`) + days * dayMs).toISOString().slice(0, 10);

const daysBetween = (from: string, to: string): number => (Date.parse(to) - Date.parse(from)) / dayMs;

const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

/** A date as people say it: `today`, `Fri`, `Fri 2026-12-24`. */
export function describeDate(date: string, today: string): string {
  const days = daysBetween(today, date);
  const weekday = weekdays[new Date(`${date}T00:00:00Z`).getUTCDay()] ?? '';
  if (days === 0) return 'today';
  if (days === 1) return 'tomorrow';
  if (days === -1) return 'yesterday';
  return days > 0 && days < 7 ? weekday : `${weekday} ${date}`;
}
