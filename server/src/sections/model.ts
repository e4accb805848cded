import {
  fixed,
  ignored,
  itemIds,
  itemName,
  itemPatchFields,
  itemStamps,
  newItemFields,
  trashed,
} from '../items/model.ts';
import { type Static, Type } from '../platform/schema.ts';

export const sectionExample = {
  id: '5d0a7a44-6b7c-4a25-8b4f-70a8b1f0c9e3',
  user_id: 'user_123',
  project_id: '3f0f6c52-4c0e-4f0b-8a55-0d1f4be0c2a7',
  name: 'To buy',
  position: 'a0',
  version: 1,
  created_at: '2026-11-21T08:00:00.000Z',
  updated_at: '2026-11-21T08:00:00.000Z',
};

export const Section = Type.Object(
  { ...itemIds, project_id: Type.String({ format: 'uuid' }), name: Type.String(), ...itemStamps },
  { $id: 'Section', examples: [sectionExample] },
);
export type Section = Static<typeof Section>;

/** Only lists have the count: it changes although the section's version does not. */
export const ListedSection = Type.Object(
  { ...Section.properties, open_tasks: Type.Integer({ minimum: 0 }) },
  { $id: 'ListedSection', examples: [{ ...sectionExample, open_tasks: 2 }] },
);

export const TrashedSection = trashed('TrashedSection', Section.properties, sectionExample);

export const NewSection = Type.Object(
  { name: itemName, ...newItemFields },
  { $id: 'NewSection', additionalProperties: false, examples: [{ name: 'To buy' }] },
);

export const SectionPatch = Type.Object(
  {
    name: Type.Optional(itemName),
    project_id: fixed(Type.String({ format: 'uuid' })),
    open_tasks: ignored(Type.Integer()),
    ...itemPatchFields,
  },
  { $id: 'SectionPatch', additionalProperties: false, examples: [{ name: 'To buy today', version: 1 }] },
);
