import { type Expression, type RawBuilder, sql } from 'kysely';
import { param } from './statements.ts';

/** A row in a statement: the alias of its table, and the parameter of its user. */
export interface RowRef {
  alias: string;
  userId: Expression<unknown>;
}

type Sql = RawBuilder<unknown>;

/** No row has this id. In joins it stands for none: a plan omits a join on null, and Citus then misses the shard. */
export const noId = '00000000-0000-0000-0000-000000000000';

/** How values of a type are selected and written as JSON. */
export interface ColumnType<Value, Stored = Value> {
  /** As PostgreSQL names it. */
  name: string;
  select(column: Sql): Sql;
  /** Converts a selected value to the form of responses. */
  read(selected: Value): Value;
  /** JSON text; null where the value is. */
  json(column: Sql): Sql;
  /** For the compiler only: what the driver gives for the column itself. */
  readonly stored?: Stored;
}

const plain = <Value>(name: string): ColumnType<Value> => ({
  name,
  select: (column) => column,
  read: (selected) => selected,
  json: (column) => sql`to_json(${column})::text`,
});

/** A type whose text has nothing to escape. `to_json` would look the type up for each value. */
export const quoted = <Value>(name: string): ColumnType<Value> => ({
  ...plain(name),
  json: (column) => sql`'"' || ${column} || '"'`,
});

export const text = plain<string>('text');
export const uuid = quoted<string>('uuid');
/** `YYYY-MM-DD`: the driver leaves it text. */
export const date = plain<string>('date');
/** @param name its labels have only letters */
export const enumeration = <Value extends string>(name: string) => quoted<Value>(name);
export const boolean = plain<boolean>('boolean');
export const arrayOf = <Value extends string>(): ColumnType<Value[]> => ({
  ...plain('text[]'),
  json: (column) => sql`array_to_json(${column})::text`,
});
export const textArray = arrayOf<string>();
export const integer: ColumnType<number> = {
  ...plain('integer'),
  json: (column) => sql`${column}::text`,
};

/** The driver parses it. PostgreSQL orders the members of its objects by itself. */
export const jsonb = <Value>(): ColumnType<Value> => ({
  ...plain('jsonb'),
  json: (column) => sql`${column}::text`,
});

/**
 * RFC 3339 with milliseconds. Selected as text, because to make a `Date` of each would be half of what reading a list
 * costs this process. In JSON one microsecond is added, which keeps zeros at the end, and is cut off.
 */
export const timestamp: ColumnType<string, Date> = {
  name: 'timestamptz',
  select: (column) => sql`(${column} at time zone 'UTC')::text`,
  // From `YYYY-MM-DD HH:MM:SS.mmm` without zeros at the end, as `Date.prototype.toISOString` has it.
  read: (selected) =>
    `${selected.slice(0, 10)}T${selected.slice(11, 19)}.${selected.slice(20).padEnd(3, '0')}Z`,
  json: (column) =>
    sql`left(to_json((${column} at time zone 'UTC') + interval '1 microsecond')::text, 24) || 'Z"'`,
};

/** A timestamp as ISO 8601 text. Not by `to_char`: pgbench would take the colons of its format for variables. */
export const isoText = (time: Sql): RawBuilder<string> => sql`btrim(${timestamp.json(time)}, '"')`;

export const nullable = <Value, Stored>(
  type: ColumnType<Value, Stored>,
): ColumnType<Value | null, Stored | null> => ({
  name: type.name,
  select: type.select,
  read: (selected) => (selected === null ? null : type.read(selected)),
  json: (column) => sql`coalesce(${type.json(column)}, 'null')`,
});

/** How a column is written. */
export interface StoredColumn {
  /** Its type in the record that is stored; null when the record does not have it. */
  recordType: string | null;
  /** What is inserted; `undefined`: the record's value, `null`: the table has no such column. */
  insert?: Sql | null | undefined;
  /** `creation`: an update leaves it. */
  setBy: SetBy;
}

/**
 * Who sets a value: `client`, on creation and by a merge patch; `server`, on any write; `creation`, the server, once.
 */
type SetBy = 'client' | 'server' | 'creation';

/** A field of a noun: how it is selected, shown and stored. */
export interface Column<Value = unknown> extends StoredColumn {
  select(row: RowRef, name: string): Sql;
  json(row: RowRef, name: string): Sql;
  read(selected: Value): Value;
}
export type Columns = Readonly<Record<string, Column>>;

/** A noun's table, as Kysely has it. */
export type TableOf<C> = {
  [Name in keyof C as C[Name] extends { insert: null } ? never : Name]: C[Name] extends {
    stored?: infer Stored;
  }
    ? Stored
    : never;
};

/** The values of all fields. */
export type ValuesOf<C> = { [Name in keyof C]: C[Name] extends Column<infer Value> ? Value : never };

interface ColumnOptions<Value> {
  setBy: SetBy;
  /** The value if a client leaves the field out on creation; absent: it may not. */
  default?: Value;
  insert?: Sql;
}

/** A column of the noun's table. */
export const column = <Value, Stored, const Options extends ColumnOptions<NoInfer<Value>>>(
  type: ColumnType<Value, Stored>,
  options: Options,
): Column<Value> & Options & { stored?: Stored } => ({
  recordType: type.name,
  select: (row, name) => type.select(refOf(row, name)),
  read: type.read,
  json: (row, name) => type.json(refOf(row, name)),
  ...options,
});

const refOf = ({ alias }: RowRef, name: string) => sql.ref(`${alias}.${name}`);

/** A field that is stored as another column, or in another table. */
export const derived = <Value, const Options extends ColumnOptions<NoInfer<Value>>>(
  type: ColumnType<Value>,
  source: { select(row: RowRef): Sql; json(row: RowRef): Sql },
  options: Options,
): Column<Value> & Options & { insert: null } => ({
  recordType: type.name,
  read: type.read,
  ...source,
  ...options,
  insert: null,
});

/** The user whose rows they are: a parameter of each statement. */
export const userIdColumn = {
  ...column(text, { setBy: 'creation', insert: param('user_id') }),
  // Made of the parameter, once for all rows.
  json: ({ userId }: RowRef) => sql`(select to_json(${userId}::text)::text)`,
  recordType: null,
};

/** The fields of a noun in a `select`, each called by its name with the prefix. */
export const selectColumns = (columns: Columns, row: RowRef, prefix = ''): Sql =>
  sql.join(
    Object.entries(columns).map(
      ([name, { select }]) => sql`${select(row, name)} as ${sql.id(prefix + name)}`,
    ),
  );

/** Reads the fields from rows of a `select` with that prefix. */
export function createReader<C extends Columns>(columns: C, prefix = '') {
  const fields = Object.entries(columns).map(([name, found]) => ({ name, selected: prefix + name, found }));
  return (row: Readonly<Record<string, unknown>>): ValuesOf<C> => {
    const item: Record<string, unknown> = {};
    for (const { name, selected, found } of fields) item[name] = found.read(row[selected]);
    return item as ValuesOf<C>;
  };
}

/**
 * The JSON object with those of the fields, as text: with `json_build_object` a list takes half as long again. None of
 * the members is null, or the whole text would be.
 */
export const jsonObject = (columns: Columns, names: readonly string[], row: RowRef) =>
  sql<string>`${sql.join(
    names.map((name, index) => {
      const found = columns[name];
      if (found === undefined) throw new Error(`no column ${name}`);
      return sql`${sql.lit(`${index === 0 ? '{' : ','}"${name}":`)} || ${found.json(row, name)}`;
    }),
    sql` || `,
  )} || '}'`;

type ClientName<C> = {
  [Name in keyof C]: C[Name] extends { setBy: 'client' } ? Name : never;
}[keyof C];

/** The fields that a client sets. */
export type ClientFields<C> = Pick<ValuesOf<C>, ClientName<C>>;

type ClientDefaults<C> = Pick<
  ValuesOf<C>,
  { [Name in keyof C]: C[Name] extends { setBy: 'client'; default: unknown } ? Name : never }[keyof C]
>;

/** Picks the fields that a client sets; `defaults` are the values of those that it may leave out on creation. */
export function clientFieldsOf<C extends Columns>(columns: C) {
  const fields = Object.entries(columns).filter(([, { setBy }]) => setBy === 'client');
  const names = fields.map(([name]) => name);
  const defaults = fields.flatMap(([name, field]) => ('default' in field ? [[name, field.default]] : []));
  return {
    defaults: Object.fromEntries(defaults) as ClientDefaults<C>,
    pick(item: ClientFields<C>): ClientFields<C> {
      const picked: Record<string, unknown> = {};
      for (const name of names) picked[name] = Reflect.get(item, name);
      return picked as ClientFields<C>;
    },
  };
}
