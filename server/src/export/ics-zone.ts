import { clockIn, offsetMinutesAt } from '../dates/zones.ts';
import { icsLocalTime } from './ics-lines.ts';

const dayMs = 86_400_000;
/** Changes of an offset are more than six days apart. */
const stepMs = 6 * dayMs;
/** Rules are described so far ahead; readers that know the name of the zone do not need more. */
const yearsAhead = 10;

const twoDigits = (value: number) => String(value).padStart(2, '0');

function icsOffset(minutes: number): string {
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${twoDigits(Math.floor(size / 60))}${twoDigits(size % 60)}`;
}

/** The first minute with the offset that holds at `high`. */
function changeBetween(zone: string, low: number, high: number): number {
  const after = offsetMinutesAt(zone, new Date(high));
  let [from, to] = [low, high];
  while (to - from > 60_000) {
    const middle = Math.floor((from + to) / 120_000) * 60_000;
    if (offsetMinutesAt(zone, new Date(middle)) === after) to = middle;
    else from = middle;
  }
  return to;
}

function observance(from: number, to: number, local: string): string[] {
  const kind = to > from ? 'DAYLIGHT' : 'STANDARD';
  const offsets = [`TZOFFSETFROM:${icsOffset(from)}`, `TZOFFSETTO:${icsOffset(to)}`];
  return [`BEGIN:${kind}`, `DTSTART:${local}`, ...offsets, `END:${kind}`];
}

/**
 * The component that says what a TZID means (RFC 5545 §3.6.5), by the changes of the offset from a year before `now`
 * on.
 */
export function zoneLines(zone: string, now: Date): string[] {
  const begin = Date.UTC(now.getUTCFullYear() - 1, 0, 1);
  const end = Date.UTC(now.getUTCFullYear() + yearsAhead, 0, 1);
  let offset = offsetMinutesAt(zone, new Date(begin));
  const lines = observance(offset, offset, '19700101T000000');
  for (let at = begin; at < end; at += stepMs) {
    const next = offsetMinutesAt(zone, new Date(at + stepMs));
    if (next === offset) continue;
    const change = changeBetween(zone, at, at + stepMs);
    const { date, time } = clockIn('UTC', new Date(change + offset * 60_000));
    lines.push(...observance(offset, next, icsLocalTime(date, time)));
    offset = next;
  }
  return ['BEGIN:VTIMEZONE', `TZID:${zone}`, ...lines, 'END:VTIMEZONE'];
}
