import { sectionKind } from '../../sections/kind.ts';
import { NewSection, type Section, SectionPatch, sectionExample } from '../../sections/model.ts';
import { itemPath } from './item-definition.ts';
import { itemOperations } from './item-operations.ts';

export const {
  list: listSections,
  get: getSection,
  create: createSection,
  update: updateSection,
  remove: deleteSection,
  move: moveSection,
  listTrash: listTrashedSections,
  restore: restoreSection,
  purge: purgeSection,
} = itemOperations<Section>({
  kind: sectionKind,
  one: 'Section',
  many: 'Sections',
  group: 'Projects',
  example: sectionExample,
  schemas: { listed: 'ListedSection', single: 'Section', trashed: 'TrashedSection' },
  newItem: NewSection,
  patch: SectionPatch,
  listPath: itemPath('project'),
  texts: {
    delete: 'It goes to the trash. Its tasks stay in the project, without a section.',
    restore: 'It comes back as it was, with the tasks that lost it and were not moved since.',
  },
});
