import { type Static, Type } from '../platform/schema.ts';
import { dateFields } from './date-model.ts';

const nullable = <T>(schema: object) => Type.Unsafe<T | null>({ ...schema });
const type = ['string', 'null'];

const origins = ['due', 'completion'] as const;
export type RecurrenceOrigin = (typeof origins)[number];

/** How a task repeats, as responses show it. */
export const shownRepeat = {
  recurrence: nullable<string>({ type, description: 'RRULE (RFC 5545 §3.3.10) as sent; null: no repeat.' }),
  recurrence_from: Type.Enum([...origins], { type: 'string' }),
  excluded_dates: Type.Array(Type.String({ format: 'date' })),
  occurrence: nullable<string>({
    type,
    format: 'date',
    description:
      'The date that the rule gave the current occurrence, which `due_date` may differ from; null without a rule.',
  }),
};

const recurrence = {
  minLength: 1,
  maxLength: 500,
  description:
    'RRULE (RFC 5545 §3.3.10) of whole days, such as `FREQ=WEEKLY;BYDAY=MO`. The first occurrence is `due_date`. A change of the rule starts it anew from there.',
};
const recurrence_from = Type.Enum([...origins], {
  type: 'string',
  'x-ignore-case': true,
  description: '`due`: the next date follows the occurrence. `completion`: it follows the day of completion.',
});

/** The fields of a repeat in request bodies. */
export const repeatFields = {
  recurrence: Type.Optional(
    nullable<string>({
      type,
      ...recurrence,
      description: `${recurrence.description} null takes the rule away.`,
    }),
  ),
  recurrence_from: Type.Optional(recurrence_from),
  excluded_dates: Type.Optional(
    Type.Array(Type.String({ format: 'date' }), {
      maxItems: 100,
      description: 'Dates of the rule that do not happen: a set.',
    }),
  ),
};

const sentOccurrence = {
  format: 'date',
  description:
    'The `occurrence` that is meant: an earlier one, which is done or skipped already, changes nothing; any other one is answered with 409.',
};

/** Which occurrence a request is about. */
export const occurrenceField = { occurrence: Type.Optional(Type.String(sentOccurrence)) };

/** In a body that may be a whole task. */
export const occurrenceOfPatch = {
  occurrence: Type.Optional(
    nullable<string>({
      type,
      ...sentOccurrence,
      description: 'With `completed: true`, the one that is done.',
    }),
  ),
};

const { due_time, time_zone } = dateFields;

/** The body of a change of the current occurrence and all after it. */
export const Following = Type.Object(
  {
    due_date: Type.Optional(
      Type.String({ format: 'date', description: 'The new date of the current occurrence.' }),
    ),
    due_time,
    time_zone,
    recurrence: Type.Optional(
      Type.String({ ...recurrence, description: 'The new rule; absent: the old one, moved along.' }),
    ),
    recurrence_from: Type.Optional(recurrence_from),
    version: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 2_147_483_647,
        description: 'The version the change is based on; another one is answered with 409.',
      }),
    ),
  },
  {
    $id: 'Following',
    additionalProperties: false,
    examples: [{ due_date: '2026-12-25', due_time: '09:00' }],
  },
);
export type Following = Static<typeof Following>;

/** The body of a skip and of an undo. */
export const OccurrenceChoice = Type.Unsafe<{ occurrence?: string; version?: number } | null>({
  $id: 'OccurrenceChoice',
  type: ['object', 'null'],
  properties: { ...occurrenceField, version: Following.properties.version },
  additionalProperties: false,
  examples: [{ occurrence: '2026-12-24' }],
});
