import { sql } from 'kysely';
import type { Db } from './schema.ts';

/** A table as the database describes it. */
export interface CatalogTable {
  /** With its schema: `duly.tasks`. */
  name: string;
  columns: readonly CatalogColumn[];
  /** The columns of the primary key, in its order. */
  key: readonly string[];
  /** The tables that its foreign keys lead to, without itself. */
  references: readonly string[];
}

export interface CatalogColumn {
  name: string;
  /** As PostgreSQL names it, without a modifier. */
  type: string;
  /** Its labels, of an enumeration. */
  labels: readonly string[];
  isRequired: boolean;
}

/** Reads the tables of a schema of ours. */
export async function readCatalog(db: Db): Promise<ReadonlyMap<string, CatalogTable>> {
  const { rows } = await sql<CatalogTable>`
    select n.nspname || '.' || c.relname as name,
      (select jsonb_agg(jsonb_build_object('name', a.attname, 'type', format_type(a.atttypid, null),
          'isRequired', a.attnotnull, 'labels', to_jsonb(array(
            select e.enumlabel from pg_enum e where e.enumtypid = a.atttypid order by e.enumsortorder)))
          order by a.attnum)
        from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
      array(select a.attname::text from pg_index i
        cross join lateral unnest(i.indkey::int[]) with ordinality as k (attnum, place)
        join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum
        where i.indrelid = c.oid and i.indisprimary order by k.place) as key,
      array(select distinct rn.nspname || '.' || r.relname from pg_constraint f
        join pg_class r on r.oid = f.confrelid join pg_namespace rn on rn.oid = r.relnamespace
        where f.contype = 'f' and f.conrelid = c.oid and r.oid <> c.oid order by 1) as references
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p') and n.nspname in ('duly', 'better_auth') order by 1`.execute(db);
  return new Map(rows.map((table) => [table.name, table]));
}

/** The tables so that each comes after those that its foreign keys lead to. */
export function orderByReferences(catalog: ReadonlyMap<string, CatalogTable>): CatalogTable[] {
  const ordered = new Set<CatalogTable>();
  const add = (table: CatalogTable | undefined) => {
    if (table === undefined || ordered.has(table)) return;
    for (const name of table.references) add(catalog.get(name));
    ordered.add(table);
  };
  for (const table of catalog.values()) add(table);
  return [...ordered];
}

/** The column that says whose a row is; null of a table without one. */
export function userColumnOf({ name, columns }: CatalogTable): string | null {
  if (name === 'better_auth.user') return 'id';
  return columns.find((column) => ['user_id', 'userId'].includes(column.name))?.name ?? null;
}
