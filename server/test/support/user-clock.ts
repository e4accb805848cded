/** What the clock of a user shows, by Intl alone: a second implementation of days in a zone. */
export interface UserClock {
  zone: string;
  now: Date;
}

const formatters = new Map<string, Intl.DateTimeFormat>();
const dayMs = 86_400_000;
const quarterMs = 900_000;

/** The local date of an instant, YYYY-MM-DD. */
export function localDate(zone: string, at: number): string {
  const formatter =
    formatters.get(zone) ?? new Intl.DateTimeFormat('en-CA', { timeZone: zone, dateStyle: 'short' });
  formatters.set(zone, formatter);
  return formatter.format(at);
}

export const addDays = (date: string, days: number): string =>
  new Date(Date.parse(date) + days * dayMs).toISOString().slice(0, 10);

const starts = new Map<string, number>();

/** The first instant of a local date: offsets are whole quarters of an hour. */
export function startOf(zone: string, date: string): number {
  const known = starts.get(zone + date);
  if (known !== undefined) return known;
  let at = Date.parse(date) - dayMs;
  while (localDate(zone, at) < date) at += quarterMs;
  starts.set(zone + date, at);
  return at;
}
