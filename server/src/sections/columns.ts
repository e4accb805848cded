import { type Column, column, nullable, type TableOf, text, uuid } from '../db/columns.ts';
import { itemColumns, type Stored } from '../items/kind.ts';
import type { Section } from './model.ts';

export const sectionColumns = {
  ...itemColumns,
  project_id: column(uuid, { setBy: 'creation' }),
  name: column(text, { setBy: 'client' }),
  deleted_with: column(nullable(uuid), { setBy: 'server' }),
} satisfies { [Name in keyof Stored<Section>]-?: Column<Exclude<Stored<Section>[Name], undefined>> };

declare module '../db/schema.ts' {
  interface Database {
    'duly.sections': TableOf<typeof sectionColumns> & { revision: bigint };
  }
}
