import { createItemKind, type ItemKind } from '../items/kind.ts';
import { openTasks } from '../projects/columns.ts';
import { sectionColumns } from './columns.ts';
import { Section } from './model.ts';
import { forgetSection, releaseTasks, returnTasks } from './tasks.ts';

export const sectionKind: ItemKind<Section> = createItemKind<Section>({
  noun: 'section',
  limit: 'sections',
  table: 'duly.sections',
  columns: sectionColumns,
  shown: Object.keys(Section.properties),
  listed: { open_tasks: openTasks('section_id') },
  parent: { column: 'project_id', table: 'duly.projects', label: 'Project' },
  onDelete: releaseTasks,
  onRestore: returnTasks,
  onPurge: forgetSection,
});
