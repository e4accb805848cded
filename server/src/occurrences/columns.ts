import {
  type Column,
  column,
  date,
  enumeration,
  integer,
  jsonObject,
  type TableOf,
  timestamp,
  uuid,
} from '../db/columns.ts';
import { param } from '../db/statements.ts';
import { type FieldsBefore, Occurrence, type OccurrenceStatus } from './model.ts';

export const occurrenceColumns = {
  id: column(uuid, { setBy: 'creation' }),
  task_id: column(uuid, { setBy: 'creation' }),
  date: column(date, { setBy: 'creation' }),
  number: column(integer, { setBy: 'creation' }),
  status: column(enumeration<OccurrenceStatus>('text'), { setBy: 'creation' }),
  recorded_at: column(timestamp, { setBy: 'creation' }),
} satisfies { [Name in keyof Occurrence]: Column<Occurrence[Name]> };

declare module '../db/schema.ts' {
  interface Database {
    'duly.occurrences': TableOf<typeof occurrenceColumns> & {
      user_id: string;
      before: FieldsBefore;
      task_version: number;
      revision: bigint;
    };
  }
}

/** What JSON makes of an occurrence, for a row of `occurrences as t`. */
export const occurrenceJson = jsonObject(occurrenceColumns, Object.keys(Occurrence.properties), {
  alias: 't',
  userId: param('user_id'),
});
