import { viewKind } from '../../views/kind.ts';
import { NewView, type View, ViewPatch, viewExample } from '../../views/model.ts';
import { itemOperations } from './item-operations.ts';

export const {
  list: listViews,
  get: getView,
  create: createView,
  update: updateView,
  remove: deleteView,
  move: moveView,
  listTrash: listTrashedViews,
  restore: restoreView,
  purge: purgeView,
} = itemOperations<View>({
  kind: viewKind,
  one: 'View',
  many: 'Views',
  group: 'Views',
  example: viewExample,
  schemas: { listed: 'View', single: 'View', trashed: 'TrashedView' },
  newItem: NewView,
  patch: ViewPatch,
});
