import { toDate, toDay, twoDigits } from '../dates/days.ts';
import { dateIn, instantOf } from '../dates/zones.ts';

/** When the digest of a user is due: at an hour of the user's day, once per date. */
export interface DigestTime {
  /** 0 to 23; null: never. */
  hour: number | null;
  zone: string;
  /** The user's date of the last digest, YYYY-MM-DD. */
  lastOn: string | null;
}

/**
 * The first digest after an instant. An hour that the clock leaves out is the one after it, and of an hour that it
 * shows twice the first counts. A date that a zone leaves out has no digest.
 * @returns ISO 8601, or null
 */
export function nextDigestAt(time: DigestTime, after: Date): string | null {
  const today = toDay(dateIn(time.zone, after));
  const first = time.lastOn === null ? today : Math.max(today, toDay(time.lastOn) + 1);
  // More than one step is for a date that is left out.
  for (let day = first; day <= first + 3; day += 1) {
    const at = digestAt(time, toDate(day));
    if (at !== null && Date.parse(at) > after.getTime()) return at;
  }
  return null;
}

/** The digest of that date. */
function digestAt({ hour, zone }: DigestTime, date: string): string | null {
  if (hour === null) return null;
  const at = instantOf(date, `${twoDigits(hour)}:00`, zone);
  return dateIn(zone, new Date(at)) === date ? at : null;
}

/**
 * The digest that is to be sent now: that of the user's present date, unless it was sent. After a downtime those of
 * earlier dates are left out, since what they would say is outdated.
 * @returns its date and its time, or null
 */
export function dueDigest(time: DigestTime, now: Date): { date: string; at: string } | null {
  const date = dateIn(time.zone, now);
  const at = digestAt(time, date);
  const isSent = time.lastOn !== null && time.lastOn >= date;
  return at === null || isSent || Date.parse(at) > now.getTime() ? null : { date, at };
}
