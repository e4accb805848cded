/** Calendar days of the machine's time zone. */

const pad = (value: number) => String(value).padStart(2, '0');

/** @returns the day so many days after that of `now`, as YYYY-MM-DD */
export function dayFrom(now: Date, offset: number): string {
  const day = new Date(now.getFullYear(), now.getMonth(), now.getDate() + offset);
  return `${day.getFullYear()}-${pad(day.getMonth() + 1)}-${pad(day.getDate())}`;
}

/** @returns the instant of a minute of that day (0 to 1439), in ISO 8601 */
export function instantOn(now: Date, offset: number, minute: number): string {
  const time = new Date(now.getFullYear(), now.getMonth(), now.getDate() + offset, 0, minute);
  return time.toISOString();
}

export const localTimeZone = (): string => new Intl.DateTimeFormat().resolvedOptions().timeZone;
