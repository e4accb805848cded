import { type Expression, type RawBuilder, type SqlBool, sql } from 'kysely';
import type { TSchema } from '../platform/schema.ts';
import { type Columns, createReader, selectColumns, type ValuesOf } from './columns.ts';
import type { Db } from './schema.ts';

/** A kind of thing that users have: what shared code reads of it. */
export interface Noun<Type extends string = string, Item = unknown> {
  /** In the feed, event ids and tombstones, and in messages: "The task was changed". */
  type: Type;
  /** The component of openapi.json that its reads return. */
  schema: string;
  /** All of its components of openapi.json. */
  schemas(limits: { bulkMaxOperations: number }): TSchema[];
  /** The tables that hold its rows, which are exported and erased with it. */
  tables: readonly string[];
  /** Columns that no export has. */
  secretColumns?: readonly string[];
  /** Columns and tables that follow from what an export has. */
  derived?: { columns?: readonly string[]; tables?: readonly string[] };
  /** How an export selects columns of which the table may have an older form, of a row `t`. */
  exportedAs?(userId: Expression<unknown>): Readonly<Record<string, Sql>>;
  /** Whether conflict errors have `current`, an item of `schema`. */
  isVersioned: boolean;
  feed: FeedSource<Item>;
}

type Sql = RawBuilder<unknown>;
/** A parameter of the statement that the part is put into. */
type Param = Expression<unknown>;

/** A noun's part of the change feed. */
export interface FeedSource<Item> {
  /** What `id` is in a change, for openapi.json. */
  idDescription: string;
  rows(userId: Param): FeedRows;
  /** Values of a row that `item` reads, by name. */
  values: Readonly<Record<string, { type: string; value: Sql }>>;
  item: FeedItem<Item>;
  /**
   * Whether a thing that has a tombstone exists again, which hides the tombstone. Absent: ids are not used again.
   */
  existsAgain?(userId: Param, id: Sql): RawBuilder<SqlBool>;
}

/** The user's rows, each of which is in the feed at its revision. */
interface FeedRows {
  from: Sql;
  where: readonly Sql[];
  revision: Sql;
  /** As text. */
  id: Sql;
  /** By revision and id, along an index; null where there is one row. */
  orderBy: Sql | null;
  /** Items for which it is false are deletions in the feed; null if all items are live. */
  isLive: Sql | null;
}

/**
 * The item of a row that is not gone: read from the page's values; from columns that are joined to the page, called
 * `type.name`; or found by itself, of a noun of which a user has one.
 */
type FeedItem<Item> =
  | { from: 'values'; read(row: FeedValues, id: string): Item }
  | { from: 'join'; join(userId: Param): Sql; columns(userId: Param): Sql; read(row: FeedValues): Item }
  | { from: 'find'; find(db: Db, userId: string): Promise<Item> };

/** By `type.name`. */
type FeedValues = Readonly<Record<string, unknown>>;

interface FeedTable<C> {
  name: string;
  /** The table's alias in the statement, different for each noun; `isLive` uses it. */
  alias: string;
  columns: C;
  isLive: Sql | null;
  idDescription: string;
}

/** The part of a noun whose table has `id uuid`, `revision` and an index by user, revision and id. */
export function feedOfTable<C extends Columns>(
  type: string,
  { name, alias, columns, isLive, idDescription }: FeedTable<C>,
): FeedSource<ValuesOf<C>> {
  const [table, id, revision] = [sql.table(name), sql.ref(`${alias}.id`), sql.ref(`${alias}.revision`)];
  const row = sql.id(alias);
  const isOfUser = (userId: Param) => sql`${sql.ref(`${alias}.user_id`)} = ${userId}`;
  return {
    idDescription,
    rows: (userId) => ({
      from: sql`${table} ${row}`,
      where: [isOfUser(userId)],
      revision,
      id: sql`${id}::text`,
      orderBy: sql`${revision}, ${id}`,
      isLive,
    }),
    values: { id: { type: 'uuid', value: id } },
    item: {
      from: 'join',
      join: (userId) =>
        sql`left join ${table} ${row} on ${isOfUser(userId)} and ${id} = page.${sql.id(`${type}.id`)} and not page.is_gone`,
      columns: (userId) => selectColumns(columns, { alias, userId }, `${type}.`),
      read: createReader(columns, `${type}.`),
    },
  };
}
