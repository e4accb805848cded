import { sql } from 'kysely';
import { feedOfTable, type Noun } from '../db/noun.ts';
import { viewColumns } from './columns.ts';
import { NewView, TrashedView, View, ViewPatch } from './model.ts';

const { deleted_at: _, ...shownColumns } = viewColumns;

export const viewNoun: Noun<'view', View> = {
  type: 'view',
  schema: 'View',
  schemas: () => [View, TrashedView, NewView, ViewPatch],
  tables: ['duly.views'],
  isVersioned: true,
  feed: feedOfTable('view', {
    name: 'duly.views',
    alias: 'vi',
    columns: shownColumns,
    isLive: sql`vi.deleted_at is null`,
    idDescription: "The view's id.",
  }),
};
