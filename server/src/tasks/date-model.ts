import { clockTime } from '../dates/days.ts';
import { Type } from '../platform/schema.ts';

const nullable = <T>(schema: object) => Type.Unsafe<T | null>({ ...schema });
const type = ['string', 'null'];

/** When a task is due, as responses show it. */
export const shownDates = {
  due_date: nullable<string>({ type, format: 'date' }),
  due_time: nullable<string>({ type, description: '`HH:MM`; null with a `due_date`: due the whole day.' }),
  time_zone: nullable<string>({ type, description: 'IANA name as sent; null: the zone of the profile.' }),
  due_at: nullable<string>({
    type,
    format: 'date-time',
    description: 'The instant of `due_date` and `due_time`; null without a time.',
  }),
  start_date: nullable<string>({
    type,
    format: 'date',
    description: 'Hidden until then, if a list asks so.',
  }),
};

const date = { type, format: 'date' };

/** The date fields in request bodies. */
export const dateFields = {
  due_date: Type.Optional(
    nullable<string>({
      ...date,
      description:
        'A calendar date from 1970-01-01 to 2100-12-31. A date-time at midnight UTC is taken as its date, an empty text as null. null clears time and zone too.',
    }),
  ),
  due_time: Type.Optional(
    nullable<string>({
      type,
      pattern: clockTime.source,
      'x-pattern-message': 'must be a time HH:MM from 00:00 to 23:59',
      description: 'A time `HH:MM` of the `due_date`; null: the whole day, which clears the zone too.',
    }),
  ),
  time_zone: Type.Optional(
    nullable<string>({
      type,
      format: 'time-zone',
      maxLength: 64,
      description: 'IANA name of the zone of `due_time`; null: that of the profile, also when it changes.',
    }),
  ),
  start_date: Type.Optional(
    nullable<string>({ ...date, description: 'A calendar date: before it, lists can hide the task.' }),
  ),
};

/** Read-only, in bodies of clients that send whole tasks back. */
export const ignoredDates = {
  due_at: Type.Optional(nullable<string>({ type, format: 'date-time', description: 'Ignored.' })),
};
