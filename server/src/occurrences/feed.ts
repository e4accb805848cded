import { feedOfTable, type Noun } from '../db/noun.ts';
import { occurrenceColumns } from './columns.ts';
import { ComingOccurrence, Occurrence } from './model.ts';

export const occurrenceNoun: Noun<'occurrence', Occurrence> = {
  type: 'occurrence',
  schema: 'Occurrence',
  schemas: () => [Occurrence, ComingOccurrence],
  tables: ['duly.occurrences'],
  isVersioned: false,
  feed: feedOfTable('occurrence', {
    name: 'duly.occurrences',
    alias: 'oc',
    columns: occurrenceColumns,
    // Occurrences of a task in the trash stay: a restore would have to bring all of them back, however many.
    isLive: null,
    idDescription: "The occurrence's id.",
  }),
};
