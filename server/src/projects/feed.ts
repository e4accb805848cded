import { sql } from 'kysely';
import { feedOfTable, type Noun } from '../db/noun.ts';
import { Move } from '../items/model.ts';
import { projectColumns } from './columns.ts';
import { ListedProject, NewProject, Project, ProjectPatch, TrashedProject } from './model.ts';

const { deleted_at: _, ...shownColumns } = projectColumns;

export const projectNoun: Noun<'project', Project> = {
  type: 'project',
  schema: 'Project',
  schemas: () => [Project, ListedProject, TrashedProject, NewProject, ProjectPatch, Move],
  tables: ['duly.projects'],
  isVersioned: true,
  feed: feedOfTable('project', {
    name: 'duly.projects',
    alias: 'pr',
    columns: shownColumns,
    isLive: sql`pr.deleted_at is null`,
    idDescription: "The project's id.",
  }),
};
