import { pageParameters } from '../db/page-schemas.ts';
import { type Static, Type } from '../platform/schema.ts';

const statuses = ['done', 'skipped'] as const;
export type OccurrenceStatus = (typeof statuses)[number];

const date = Type.String({ format: 'date', description: 'The date that the rule gave it.' });
const number = Type.Integer({ minimum: 1, description: '1 is the first since the rule was set.' });

export const Occurrence = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    task_id: Type.String({ format: 'uuid' }),
    date,
    number,
    status: Type.Enum([...statuses], { type: 'string' }),
    recorded_at: Type.String({ format: 'date-time' }),
  },
  {
    $id: 'Occurrence',
    description: 'An occurrence of a repeating task that is done or skipped.',
    examples: [
      {
        id: '7c1d3f0a-52f4-4f0e-8a7b-3f4e2d1c0b9a',
        task_id: '6f1c1f6e-2b0a-4c55-9d3c-0f8c0f1f8a11',
        date: '2026-12-24',
        number: 3,
        status: 'done',
        recorded_at: '2026-12-24T17:30:00.000Z',
      },
    ],
  },
);
export type Occurrence = Static<typeof Occurrence>;

export const ComingOccurrence = Type.Object(
  {
    date,
    number,
    due_date: Type.String({ format: 'date' }),
    due_at: Type.Unsafe<string | null>({ type: ['string', 'null'], format: 'date-time' }),
  },
  { $id: 'ComingOccurrence', description: 'The current occurrence, or one after it.' },
);
export type ComingOccurrence = Static<typeof ComingOccurrence>;

export const OccurrenceListQuery = Type.Object(
  {
    ...pageParameters('occurrences'),
    coming: Type.Integer({
      minimum: 0,
      maximum: 100,
      default: 10,
      description: 'Most occurrences in `coming`.',
    }),
  },
  { additionalProperties: false },
);
export type OccurrenceListQuery = Static<typeof OccurrenceListQuery>;

/** Fields of a task before one of its occurrences was recorded, which an undo brings back. */
export interface FieldsBefore {
  due_date: string | null;
  due_time: string | null;
  time_zone: string | null;
  start_date: string | null;
  recurrence: string | null;
  recurrence_from: 'due' | 'completion';
  occurrence: string | null;
  occurrence_number: number | null;
  series_start: string | null;
  series_time: string | null;
  series_zone: string | null;
}

/** A done or skipped occurrence that a write has read or records, with what an undo needs. */
export interface RecordedOccurrence {
  /** Null until it is stored. */
  id: string | null;
  task_id: string;
  date: string;
  number: number;
  status: OccurrenceStatus;
  before: FieldsBefore;
  /** The version that recording it gave the task: it orders the occurrences of a task. */
  task_version: number;
}
