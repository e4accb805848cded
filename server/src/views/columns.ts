import { type Column, column, jsonb, type TableOf, text } from '../db/columns.ts';
import { itemColumns, type Stored } from '../items/kind.ts';
import type { ListParameters } from '../tasks/list-model.ts';
import type { View } from './model.ts';

export const viewColumns = {
  ...itemColumns,
  name: column(text, { setBy: 'client' }),
  parameters: column(jsonb<ListParameters>(), { setBy: 'client' }),
} satisfies { [Name in keyof Omit<Stored<View>, 'deleted_with'>]: Column<Stored<View>[Name]> };

declare module '../db/schema.ts' {
  interface Database {
    'duly.views': TableOf<typeof viewColumns> & { revision: bigint };
  }
}
