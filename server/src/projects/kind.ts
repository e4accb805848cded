import { createItemKind, type ItemKind } from '../items/kind.ts';
import { openTasks, projectColumns } from './columns.ts';
import { Project } from './model.ts';
import { purgeTasksAndSections } from './purge.ts';
import { restoreTasksAndSections } from './restore.ts';

export const projectKind: ItemKind<Project> = createItemKind<Project>({
  noun: 'project',
  limit: 'projects',
  table: 'duly.projects',
  columns: projectColumns,
  shown: Object.keys(Project.properties),
  listed: { open_tasks: openTasks('project_id') },
  derive: (project, before, now) => ({
    ...project,
    color: project.color?.toLowerCase() ?? null,
    archived_at: project.archived ? (before?.archived_at ?? now) : null,
  }),
  onRestore: restoreTasksAndSections,
  onPurge: purgeTasksAndSections,
});
