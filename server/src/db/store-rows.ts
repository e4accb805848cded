import { type RawBuilder, sql } from 'kysely';
import type { StoredColumn } from './columns.ts';
import { type ParamValues, param } from './statements.ts';

/**
 * CTEs that store rows of a noun's table. `records` has the rows: of the parameter `rows`, or one row whose fields are
 * a parameter each. The time of the CTE `stamp` replaces its placeholder there. `stored` writes them to the table.
 */

type Sql = RawBuilder<unknown>;
type StoredColumns = Readonly<Record<string, StoredColumn>>;

/**
 * `records` of any number of rows, from JSON.
 * @param prefix of the names of CTE and parameter, for a statement that stores rows of two tables
 */
export const recordsCte = (columns: StoredColumns, prefix = ''): Sql => sql`${sql.id(
  `${prefix}records`,
)} as materialized (
      select g.* from stamp cross join jsonb_to_recordset(
        replace(${param<string>(`${prefix}rows`)}::text, stamp.placeholder, stamp.iso)::jsonb
      ) as g (${sql.join(recordTypes(columns).map(([name, type]) => sql`${sql.id(name)} ${sql.raw(type)}`))})
    )`;

/** `records` of one row, whose parameters `rowParams` gives. */
export const recordCte = (columns: StoredColumns): Sql => {
  const values = recordTypes(columns).map(([name, type]) => {
    const given = param(paramNameOf(name));
    const value = type === 'timestamptz' ? sql`replace(${given}::text, stamp.placeholder, stamp.iso)` : given;
    return sql`${value}::${sql.raw(type)} as ${sql.id(name)}`;
  });
  return sql`records as materialized (select ${sql.join(values)} from stamp)`;
};

export function rowParams(row: object): ParamValues {
  const params: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(row)) params[paramNameOf(name)] = value;
  return params;
}

const paramNameOf = (column: string) => `row_${column}`;

const recordTypes = (columns: StoredColumns): [name: string, type: string][] =>
  Object.entries(columns).flatMap(([name, { recordType }]) =>
    recordType === null ? [] : [[name, recordType]],
  );

/** `stored` that inserts the rows, or updates those that exist. */
export function upsertCte(table: string, key: readonly string[], columns: StoredColumns, prefix = ''): Sql {
  const stored = Object.entries(columns).filter(([, { insert }]) => insert !== null);
  const values = stored.map(([name, { insert }]) => insert ?? sql.id(name));
  const updates = updatedColumns(columns).map(([name]) => sql`${sql.id(name)} = ${sql.id('excluded', name)}`);
  return sql`${sql.id(`${prefix}stored`)} as (
      insert into ${sql.table(table)} (${sql.join(stored.map(([name]) => sql.id(name)))})
      select ${sql.join(values)}
      from ${sql.id(`${prefix}records`)} as records
      on conflict (${sql.join(key.map((name) => sql.id(name)))}) do update set ${sql.join(updates)}
    )`;
}

/**
 * `stored` that updates one row which exists. An upsert looks the row up twice and logs its lock.
 * @param where names the row of the table `t`, by parameters: a join with `records` might read the whole table
 */
export function updateCte(table: string, columns: StoredColumns, where: Sql): Sql {
  const updates = updatedColumns(columns).map(
    ([name, { insert }]) => sql`${sql.id(name)} = ${insert ?? sql.id('records', name)}`,
  );
  return sql`stored as (
      update ${sql.table(table)} as t set ${sql.join(updates)} from records where ${where}
    )`;
}

const updatedColumns = (columns: StoredColumns) =>
  Object.entries(columns).filter(([, { insert, setBy }]) => insert !== null && setBy !== 'creation');
