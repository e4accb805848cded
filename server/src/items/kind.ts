import { type RawBuilder, sql } from 'kysely';
import type { LocalTime } from '../dates/zones.ts';
import {
  type Column,
  type Columns,
  clientFieldsOf,
  column,
  createReader,
  integer,
  jsonObject,
  nullable,
  type RowRef,
  selectColumns,
  text,
  timestamp,
  userIdColumn,
  uuid,
} from '../db/columns.ts';
import { type Cte, type CteTemplate, param } from '../db/statements.ts';
import { recordsCte, upsertCte } from '../db/store-rows.ts';
import type { dataLimits } from '../platform/data-limits.ts';
import type { WriteStamp } from '../writes/plan.ts';

/** An item as responses show it: versioned, in a manual order, and in the trash after its deletion. */
export interface Item {
  id: string;
  user_id: string;
  position: string;
  version: number;
  created_at: string;
  updated_at: string;
}

/** What an item stores besides: its deletion. */
interface Deletion {
  deleted_at: string | null;
  /** The item that it was deleted with. It is in no list of the trash, and comes back with that item. */
  deleted_with?: string | null;
}
export type Stored<I> = I & Deletion;

/** The columns that every item has. */
export const itemColumns = {
  id: column(uuid, { setBy: 'creation' }),
  user_id: userIdColumn,
  position: column(text, { setBy: 'server' }),
  version: column(integer, { setBy: 'server' }),
  created_at: column(timestamp, { setBy: 'creation' }),
  updated_at: column(timestamp, { setBy: 'server' }),
  deleted_at: column(nullable(timestamp), { setBy: 'server' }),
};

/** The item that items belong to. They are ordered and counted within it. */
interface Parent {
  /** The column of the item's table with the parent's id; a read-only field. */
  column: string;
  table: string;
  /** As `label` of its kind. */
  label: string;
}

/** What a deletion, a restore or a purge changes besides the item. */
export interface Effect<I> {
  /** Names the statement: unique, see `Query`. */
  name: string;
  /** How many other rows it changes, for a row `t` of the item's table: the audit log has the number. */
  count: RawBuilder<number>;
  /** JSON: local times of which it needs the instants in the user's zone, of the same row. */
  localTimes?: RawBuilder<LocalTime[]>;
  ctes(item: Stored<I>, stamp: WriteStamp, localTimes: readonly LocalTime[]): readonly Cte[];
  /** CTEs that are executed first, each in a statement of its own. */
  earlier?(item: Stored<I>, count: number): readonly Cte[];
}

interface KindDefinition<I> {
  /** Its type in the registry of nouns. */
  noun: string;
  limit: keyof typeof dataLimits;
  table: string;
  columns: { [Name in keyof Stored<I>]: Column<Stored<I>[Name]> } & Columns;
  /** The fields of responses, in their order. */
  shown: readonly string[];
  /** Further fields, which only lists have: they may change although the item's version does not. */
  listed?: Columns;
  parent?: Parent;
  /** Sets the fields that depend on others. */
  derive?(item: Stored<I>, before: Stored<I> | undefined, now: string): Stored<I>;
  onDelete?: Effect<I>;
  onRestore?: Effect<I>;
  onPurge?: Effect<I>;
}

/** A noun whose things are items, with its SQL. */
export interface ItemKind<I extends Item = Item> extends KindDefinition<I> {
  /** In messages: "Project not found". */
  label: string;
  selection: RawBuilder<unknown>;
  read(row: Readonly<Record<string, unknown>>): Stored<I>;
  show(item: Stored<I>): I;
  clientFields: ReturnType<typeof clientFieldsOf<Columns>>;
  /** Set once: a patch may repeat them. */
  fixedFields: readonly string[];
  upsert: CteTemplate;
  /** JSON of a row `t`. */
  listJson: RawBuilder<string>;
  trashJson: RawBuilder<string>;
}

const row: RowRef = { alias: 't', userId: param('user_id') };
const revision = { recordType: null, setBy: 'server', insert: sql`(select revision from stamp)` } as const;

export function createItemKind<I extends Item>(definition: KindDefinition<I>): ItemKind<I> {
  const { noun, table, shown, listed = {} } = definition;
  const columns: Columns = definition.columns;
  const stored = { ...columns, revision };
  const readRow = createReader(columns);
  const entries = Object.entries(columns);
  return {
    ...definition,
    label: `${noun.charAt(0).toUpperCase()}${noun.slice(1)}`,
    selection: selectColumns(columns, row),
    // The columns have every field of the item.
    read: (selected) => readRow(selected) as unknown as Stored<I>,
    show: (item) => Object.fromEntries(shown.map((name) => [name, Reflect.get(item, name)])) as unknown as I,
    clientFields: clientFieldsOf(columns),
    fixedFields: entries.filter(([, { setBy }]) => setBy === 'creation').map(([name]) => name),
    upsert: { name: noun, sql: sql`${recordsCte(stored)}, ${upsertCte(table, ['user_id', 'id'], stored)}` },
    listJson: jsonObject({ ...columns, ...listed }, [...shown, ...Object.keys(listed)], row),
    trashJson: jsonObject(columns, [...shown, 'deleted_at'], row),
  };
}
