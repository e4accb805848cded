import { sql } from 'kysely';
import { feedOfTable, type Noun } from '../db/noun.ts';
import { sectionColumns } from './columns.ts';
import { ListedSection, NewSection, Section, SectionPatch, TrashedSection } from './model.ts';

const { deleted_at: _, deleted_with: __, ...shownColumns } = sectionColumns;

export const sectionNoun: Noun<'section', Section> = {
  type: 'section',
  schema: 'Section',
  schemas: () => [Section, ListedSection, TrashedSection, NewSection, SectionPatch],
  tables: ['duly.sections'],
  isVersioned: true,
  feed: feedOfTable('section', {
    name: 'duly.sections',
    alias: 'se',
    columns: shownColumns,
    isLive: sql`se.deleted_at is null`,
    idDescription: "The section's id.",
  }),
};
