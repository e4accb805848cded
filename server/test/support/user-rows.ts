import { sql } from 'kysely';
import type { Db } from '../../src/db/schema.ts';
import { tamper } from './database.ts';

interface UserColumn {
  /** Quoted for SQL. */
  name: string;
  column: string;
}

/** Every table with a user's id, read from the catalog: a new table is compared at once. */
async function findUserColumns(db: Db): Promise<UserColumn[]> {
  const { rows } = await sql<UserColumn>`
    select format('%I.%I', table_schema, table_name) as name, quote_ident(column_name) as column
    from information_schema.columns
    where table_schema in ('duly', 'better_auth')
      and (column_name in ('user_id', 'userId') or (table_schema, table_name, column_name) = ('better_auth', 'user', 'id'))
    order by 1`.execute(db);
  return rows;
}

export interface UserRows {
  /** All stored rows of a user except the audit log, as text by table. */
  of(userId: string): Promise<Record<string, string>>;
  /** The user's audit log, oldest entry first. */
  audit(userId: string): Promise<string[]>;
  /** Deletes all rows of a user. */
  remove(userId: string): Promise<void>;
}

/** @param database its name */
export async function createRows(db: Db, database: string): Promise<UserRows> {
  const places = await findUserColumns(db);
  const isAudit = ({ name }: UserColumn) => /^duly\.audit/.test(name);
  const rowsIn = ({ name, column }: UserColumn, userId: string) =>
    sql`select ${name}::text as name, coalesce(jsonb_agg(to_jsonb(r) order by to_jsonb(r)), '[]')::text as rows
      from ${sql.raw(name)} r where r.${sql.raw(column)} = ${userId}`;
  return {
    async of(userId) {
      const parts = places.filter((place) => !isAudit(place)).map((place) => rowsIn(place, userId));
      const { rows } = await sql<{
        name: string;
        rows: string;
      }>`${sql.join(parts, sql` union all `)}`.execute(db);
      return Object.fromEntries(rows.map(({ name, rows }) => [name, rows]));
    },
    async audit(userId) {
      const { rows } = await sql<{ entry: string }>`
        select to_jsonb(a)::text as entry from duly.audit a where user_id = ${userId} order by seq`.execute(
        db,
      );
      return rows.map(({ entry }) => entry);
    },
    async remove(userId) {
      const deletions = places.map(
        ({ name, column }) => `delete from ${name} where ${column} = '${userId.replaceAll("'", "''")}'`,
      );
      // Without triggers and foreign keys, rows can be deleted in any order.
      await tamper(deletions, database);
    },
  };
}
