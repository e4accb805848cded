import { daysInMonth } from '../../dates/days.ts';
import { clockIn } from '../../dates/zones.ts';

/** What a text says of a time. */
export interface DateTime {
  /** YYYY-MM-DD */
  date: string;
  /** HH:MM; null: the whole day. */
  time: string | null;
  seconds: number;
  /** East of UTC; null: on a clock that the text does not name. */
  offsetMinutes: number | null;
}

/** Longer texts are no time. */
const maxLength = 40;
const datePart = String.raw`(\d{4})-?(\d\d)-?(\d\d)`;
const timePart = String.raw`[T ](\d\d):?(\d\d)(?::?(\d\d)(?:[.,]\d{1,9})?)?`;
const pattern = new RegExp(String.raw`^${datePart}(?:${timePart} ?(?:(Z)|([+-])(\d\d):?(\d\d))?)?$`, 'i');

/** Years that tasks may have. */
const years = { first: 1970, last: 2100 };

function isDay(year: number, month: number, monthDay: number): boolean {
  return (
    year >= years.first &&
    year <= years.last &&
    month >= 1 &&
    month <= 12 &&
    monthDay >= 1 &&
    monthDay <= daysInMonth(year, month)
  );
}

/**
 * Reads a date or a time of ISO 8601, in its basic or extended form, also with a space for the T.
 * @returns null for any other text, and for a date that does not exist or is not of 1970 to 2100
 */
export function readDateTime(sent: string): DateTime | null {
  const text = sent.trim();
  if (text.length > maxLength) return null;
  const [, year = '', month = '', monthDay = '', hour, minute = '', second = '0', utc, sign, ...offset] =
    pattern.exec(text) ?? [];
  if (!isDay(Number(year), Number(month), Number(monthDay))) return null;
  const date = `${year}-${month}-${monthDay}`;
  if (hour === undefined) return { date, time: null, seconds: 0, offsetMinutes: null };
  const [hours = '0', minutes = '0'] = offset;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return null;
  if (Number(hours) > 23 || Number(minutes) > 59) return null;
  const size = Number(hours) * 60 + Number(minutes);
  const offsetMinutes = utc !== undefined ? 0 : sign === undefined ? null : sign === '-' ? -size : size;
  return { date, time: `${hour}:${minute}`, seconds: Math.min(59, Number(second)), offsetMinutes };
}

/** A date alone: YYYY-MM-DD. */
export function readDate(text: string): string | null {
  const found = readDateTime(text);
  return found?.time === null ? found.date : null;
}

export interface Clock {
  date: string;
  time: string | null;
}

const instantMsOf = ({ date, time, seconds, offsetMinutes }: DateTime): number =>
  Date.parse(`${date}T${time ?? '00:00'}:00Z`) + seconds * 1_000 - (offsetMinutes ?? 0) * 60_000;

/** What a clock of the zone shows at the time. A time of no zone, or a date, is as it stands. */
export function clockAt(dateTime: DateTime, zone: string): Clock {
  const { date, time, offsetMinutes } = dateTime;
  if (offsetMinutes === null) return { date, time };
  return clockIn(zone, new Date(instantMsOf(dateTime)));
}

/** In ISO 8601 with milliseconds, of a text with an offset, or of a time in UTC. Null for any other text. */
export function readInstant(text: unknown): string | null {
  const found = typeof text === 'string' ? readDateTime(text) : null;
  return found === null || found.time === null ? null : new Date(instantMsOf(found)).toISOString();
}

/** From one local time to another. */
export const minutesBetween = (from: Clock, to: Clock): number =>
  Math.round(
    (Date.parse(`${to.date}T${to.time ?? '00:00'}:00Z`) -
      Date.parse(`${from.date}T${from.time ?? '00:00'}:00Z`)) /
      60_000,
  );

const durationPattern =
  /^([+-])?P(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,7})M)?(?:(\d{1,8})S)?)?$/i;

/** The minutes of a duration of RFC 5545 §3.3.6, negative with a minus before it; null for any other text. */
export function readDurationMinutes(sent: string): number | null {
  const text = sent.trim();
  if (text.length > maxLength || text.length < 3) return null;
  const match = durationPattern.exec(text);
  if (match === null) return null;
  const [, sign, ...parts] = match;
  const [weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = parts.map((part) => Number(part ?? 0));
  const size = ((weeks * 7 + days) * 24 + hours) * 60 + minutes + Math.round(seconds / 60);
  return sign === '-' ? -size : size;
}
