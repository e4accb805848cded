import type { FoundTask } from '../model.ts';
import { type Clock, clockAt, minutesBetween, readDateTime, readDurationMinutes } from './date-times.ts';
import type { IcsComponent, IcsProperty } from './ics-components.ts';
import type { ZoneNames } from './zone-names.ts';

/** A time of a property on a clock. */
export interface IcsTime extends Clock {
  /** The zone of that clock; null: the user's. */
  zone: string | null;
}

/** A TZID may have the maker's name before that of the zone. */
function zoneOf({ params }: IcsProperty, zones: ZoneNames): string | null {
  const parts = (params.get('TZID') ?? '')
    .split('/')
    .filter((part) => part !== '')
    .slice(-3);
  const names = parts.map((_, index) => parts.slice(index).join('/'));
  return names.find(zones.isKnown) ?? null;
}

/** A time in UTC is one on the user's clock. One whose zone is not known floats. */
export function readTime(property: IcsProperty, zones: ZoneNames): IcsTime | null {
  const found = readDateTime(property.value);
  if (found === null) return null;
  const zone =
    found.offsetMinutes === null && found.time !== null ? zones.otherThanOwn(zoneOf(property, zones)) : null;
  return { ...clockAt(found, zones.own), zone };
}

/** Whether the time names a zone that the runtime does not know. */
export const hasUnknownZone = (property: IcsProperty, zones: ZoneNames): boolean =>
  property.params.has('TZID') && zoneOf(property, zones) === null;

export type TaskTimes = Pick<FoundTask, 'dueDate' | 'dueTime' | 'timeZone' | 'startDate'>;

/** Without DUE, a task is due at its start; a repeating one of ours has no other date. */
export function timesOf(due: IcsTime | null, start: IcsTime | null): TaskTimes {
  const time = due ?? start;
  return {
    dueDate: time?.date ?? null,
    dueTime: time?.time ?? null,
    timeZone: time?.zone ?? null,
    startDate: due !== null && start !== null && start.date < due.date ? start.date : null,
  };
}

/**
 * How many minutes before the due time an alarm is.
 * @param due of a task that has a due date
 * @returns null for an alarm of a place, and one that cannot be read
 */
export function minutesOfAlarm(
  { properties }: IcsComponent,
  due: IcsTime,
  start: IcsTime | null,
  zones: ZoneNames,
): number | null {
  const trigger = properties.find(({ name }) => name === 'TRIGGER');
  if (trigger === undefined || properties.some(({ name }) => name === 'X-APPLE-PROXIMITY')) return null;
  const minutes = readDurationMinutes(trigger.value);
  if (minutes !== null) {
    const isOfStart = trigger.params.get('RELATED')?.toUpperCase() !== 'END' && start !== null;
    return (isOfStart ? minutesBetween(start, due) : 0) - minutes;
  }
  const found = readDateTime(trigger.value);
  return found === null || found.time === null
    ? null
    : minutesBetween(clockAt(found, due.zone ?? zones.own), due);
}
