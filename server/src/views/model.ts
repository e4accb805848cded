import { itemIds, itemName, itemPatchFields, itemStamps, newItemFields, trashed } from '../items/model.ts';
import { type Static, Type } from '../platform/schema.ts';
import { type ListParameters, listParameters } from '../tasks/list-model.ts';

const shownParameters = Type.Unsafe<ListParameters>(
  Type.Object(listParameters, {
    description: 'Filters and order of a list of tasks. A change replaces all of them.',
  }),
);
const parameters = Type.Unsafe<ListParameters>({ ...shownParameters, additionalProperties: false });

export const viewExample = {
  id: '9a1f2c84-52ea-4f0e-9a0e-6f4f2f1f7b52',
  user_id: 'user_123',
  name: 'Urgent at home',
  parameters: { status: 'pending', priority: 'High', tags: ['home'], sort_by: 'due_date' },
  position: 'a0',
  version: 1,
  created_at: '2026-11-21T08:00:00.000Z',
  updated_at: '2026-11-21T08:00:00.000Z',
};

export const View = Type.Object(
  { ...itemIds, name: Type.String(), parameters: shownParameters, ...itemStamps },
  { $id: 'View', examples: [viewExample] },
);
export type View = Static<typeof View>;

export const TrashedView = trashed('TrashedView', View.properties, viewExample);

const { name, parameters: exampleParameters } = viewExample;

export const NewView = Type.Object(
  { name: itemName, parameters, ...newItemFields },
  { $id: 'NewView', additionalProperties: false, examples: [{ name, parameters: exampleParameters }] },
);

export const ViewPatch = Type.Object(
  { name: Type.Optional(itemName), parameters: Type.Optional(parameters), ...itemPatchFields },
  { $id: 'ViewPatch', additionalProperties: false, examples: [{ name: 'Urgent', version: 1 }] },
);
