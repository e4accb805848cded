/** Days are integers since 1970-01-01, so that no time zone comes into it. Weekdays are 0 (Monday) to 6 (Sunday). */

const msPerDay = 86_400_000;
const firstYear = 1970;
const lastYear = 2100;

const pad = (value: number, length: number) => String(value).padStart(length, '0');

/** @param month 1 to 12 */
export const monthLength = (year: number, month: number): number =>
  new Date(Date.UTC(year, month, 0)).getUTCDate();

/** The day of a date that exists in the years 1970 to 2100, else null. */
export function dayOf(year: number, month: number, date: number): number | null {
  if (year < firstYear || year > lastYear || month < 1 || month > 12) return null;
  if (date < 1 || date > monthLength(year, month)) return null;
  return Date.UTC(year, month - 1, date) / msPerDay;
}

export function partsOf(day: number): { year: number; month: number; date: number } {
  const at = new Date(day * msPerDay);
  return { year: at.getUTCFullYear(), month: at.getUTCMonth() + 1, date: at.getUTCDate() };
}

export const weekdayOf = (day: number): number => (((day + 3) % 7) + 7) % 7;

export function formatDay(day: number): string {
  const { year, month, date } = partsOf(day);
  return `${pad(year, 4)}-${pad(month, 2)}-${pad(date, 2)}`;
}

export const formatTime = (hour: number, minute: number): string => `${pad(hour, 2)}:${pad(minute, 2)}`;

/** `YYYY-MM-DD` of a date that exists, else null. */
export function parseDay(text: string): number | null {
  const [, year, month, date] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text) ?? [];
  return year === undefined ? null : dayOf(Number(year), Number(month), Number(date));
}

/** So many months later. A date that the month lacks becomes its last one. Null after 2100. */
export function addMonths(day: number, count: number): number | null {
  const { year, month, date } = partsOf(day);
  const months = year * 12 + month - 1 + count;
  const [toYear, toMonth] = [Math.floor(months / 12), (months % 12) + 1];
  return dayOf(toYear, toMonth, Math.min(date, monthLength(toYear, toMonth)));
}

/** So many days later; null after 2100. */
export function addDays(day: number, count: number): number | null {
  return partsOf(day + count).year > lastYear ? null : day + count;
}

/** The next day from `from` on with this date of a month. Months that lack it are passed over. */
export function nextDate(from: number, date: number): number | null {
  const start = partsOf(from);
  for (let count = 0; count < 12; count++) {
    const months = start.month - 1 + count;
    const day = dayOf(start.year + Math.floor(months / 12), (months % 12) + 1, date);
    if (day !== null && day >= from) return day;
  }
  return null;
}

/** The next day from `from` on with this month and date. Years that lack it are passed over. */
export function nextMonthDay(from: number, month: number, date: number): number | null {
  const { year } = partsOf(from);
  // 29 February comes every four years, but not in 2100.
  for (let count = 0; count <= 8; count++) {
    const day = dayOf(year + count, month, date);
    if (day !== null && day >= from) return day;
  }
  return null;
}
