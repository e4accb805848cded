import { type ValidationIssue, validationError } from '../platform/errors.ts';
import { toDate, toDay, twoDigits } from './days.ts';

/**
 * Local times and instants by the runtime's time zone data. A formatter is slow, so offsets are remembered at the
 * midnights in UTC. In all zones, changes of the offset are more than six days apart: between two midnights with the
 * same offset, a few days apart, there is none.
 */

const dayMs = 86_400_000;
const minuteMs = 60_000;

/** There are about 600 names, but their case is free. The oldest is dropped first. */
const maxZones = 600;
/** Per zone. */
const maxOffsets = 400;

interface Zone {
  formatter: Intl.DateTimeFormat;
  /** In milliseconds east of UTC, by the day number of a midnight in UTC. */
  offsets: Map<number, number>;
}

const zones = new Map<string, Zone>();

/** Starts with a letter: an offset such as +01:00 has no daylight saving time. */
const zonePattern = /^[A-Za-z][\w+/-]*$/;

/**
 * A name of the IANA database, in any case (ECMA-402 §6.5). It is stored as it was sent: the runtime's own
 * name of a zone may be older than the client's.
 */
export function isTimeZone(name: string): boolean {
  if (zones.has(name)) return true;
  if (name.length > 64 || !zonePattern.test(name)) return false;
  try {
    createFormatter(name);
    return true;
  } catch {
    return false;
  }
}

const createFormatter = (timeZone: string): Intl.DateTimeFormat =>
  new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });

/** A stored zone may be of newer time zone data: after a step back to an older version, this runtime lacks it. */
const unknownZoneIssue = (name: string): ValidationIssue => ({
  loc: ['time_zone'],
  msg: `is ${JSON.stringify(name)} in the profile or a task, which this server does not know: change it`,
  type: 'time_zone',
});

/** @throws AppError VALIDATION_ERROR for a zone that the runtime does not know */
function zoneOf(name: string): Zone {
  const known = zones.get(name);
  if (known !== undefined) return known;
  if (!isTimeZone(name)) throw validationError([unknownZoneIssue(name)]);
  const zone: Zone = { formatter: createFormatter(name), offsets: new Map() };
  const [oldest] = zones.size < maxZones ? [] : zones.keys();
  if (oldest !== undefined) zones.delete(oldest);
  zones.set(name, zone);
  return zone;
}

/** As Intl writes it after the date: `GMT`, `GMT-05:00`, or with seconds for local mean time. */
const offsetPattern = /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/;

function readOffset({ formatter }: Zone, instantMs: number): number {
  const [, sign, hours = 0, minutes = 0, seconds = 0] = offsetPattern.exec(formatter.format(instantMs)) ?? [];
  const offset = (Number(hours) * 60 + Number(minutes)) * minuteMs + Number(seconds) * 1_000;
  return sign === '-' ? -offset : offset;
}

function offsetAtMidnight(zone: Zone, day: number): number {
  const known = zone.offsets.get(day);
  if (known !== undefined) return known;
  const offset = readOffset(zone, day * dayMs);
  if (zone.offsets.size >= maxOffsets) zone.offsets.clear();
  zone.offsets.set(day, offset);
  return offset;
}

function offsetAt(zone: Zone, instantMs: number): number {
  const day = Math.floor(instantMs / dayMs);
  const offset = offsetAtMidnight(zone, day);
  return offset === offsetAtMidnight(zone, day + 1) ? offset : readOffset(zone, instantMs);
}

interface Resolved {
  instantMs: number;
  /** Whether the local time does not exist. */
  isInGap: boolean;
}

/** RFC 5545 §3.3.5: a local time in a gap is read with the offset before it, one that exists twice is the first. */
function resolve(zone: Zone, day: number, timeMs: number): Resolved {
  const localMs = day * dayMs + timeMs;
  const before = offsetAtMidnight(zone, day - 1);
  const after = offsetAtMidnight(zone, day + 2);
  const instantMs = localMs - before;
  if (before === after || readOffset(zone, instantMs) === before) return { instantMs, isInGap: false };
  const isAfter = readOffset(zone, localMs - after) === after;
  return isAfter ? { instantMs: localMs - after, isInGap: false } : { instantMs, isInGap: true };
}

/** Of whole seconds. `Date.toISOString` takes longer than all the rest. */
function toIso(instantMs: number): string {
  const day = Math.floor(instantMs / dayMs);
  const seconds = (instantMs - day * dayMs) / 1_000;
  const [hour, minute] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60];
  return `${toDate(day)}T${twoDigits(hour)}:${twoDigits(minute)}:${twoDigits(seconds % 60)}.000Z`;
}

/**
 * The instant of a local time. One in a gap moves forward by the gap, one that exists twice is the first.
 * @param time HH:MM
 * @param zone a name that `isTimeZone` accepts
 * @returns in UTC, with milliseconds
 */
export function instantOf(date: string, time: string, zone: string): string {
  const minutes = Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));
  return toIso(resolve(zoneOf(zone), toDay(date), minutes * minuteMs).instantMs);
}

/** A time of a day; without a time, the first instant of the day. */
export type LocalTime = [date: string, time: string | null];

export const instantOfLocal = ([date, time]: LocalTime, zone: string): string =>
  time === null ? startOfDay(date, zone) : instantOf(date, time, zone);

/** The local date of an instant. */
export function dateIn(zone: string, now: Date): string {
  const instantMs = now.getTime();
  return toDate(Math.floor((instantMs + offsetAt(zoneOf(zone), instantMs)) / dayMs));
}

/** What a clock shows there: `YYYY-MM-DD` and `HH:MM`. */
export function clockIn(zone: string, now: Date): { date: string; time: string } {
  const local = new Date(now.getTime() + offsetMinutesAt(zone, now) * 60_000).toISOString();
  return { date: local.slice(0, 10), time: local.slice(11, 16) };
}

/** The runtime's own name of the zone: a link such as IST, or another case, may mean something else elsewhere. */
export const canonicalZone = (zone: string): string => zoneOf(zone).formatter.resolvedOptions().timeZone;

/** East of UTC, in whole minutes. */
export const offsetMinutesAt = (zone: string, now: Date): number =>
  Math.trunc(offsetAt(zoneOf(zone), now.getTime()) / minuteMs);

/** The first instant of a local date, in UTC; of a date that the zone left out, that of the next one. */
export function startOfDay(date: string, zoneName: string): string {
  const zone = zoneOf(zoneName);
  const day = toDay(date);
  const { instantMs, isInGap } = resolve(zone, day, 0);
  return toIso(isInGap ? changeBefore(zone, instantMs) : instantMs);
}

/** The latest change of the offset at or before the instant, in the day before it. */
function changeBefore(zone: Zone, instantMs: number): number {
  const offset = readOffset(zone, instantMs);
  let [low, high] = [instantMs - dayMs, instantMs];
  while (high - low > 1_000) {
    const middle = Math.floor((low + high) / 2_000) * 1_000;
    if (readOffset(zone, middle) === offset) high = middle;
    else low = middle;
  }
  return high;
}
