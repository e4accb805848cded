import { createItemKind, type ItemKind } from '../items/kind.ts';
import { viewColumns } from './columns.ts';
import { View } from './model.ts';

export const viewKind: ItemKind<View> = createItemKind<View>({
  noun: 'view',
  limit: 'views',
  table: 'duly.views',
  columns: viewColumns,
  shown: Object.keys(View.properties),
});
