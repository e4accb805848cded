import { sql } from 'kysely';
import type { Db } from '../../src/db/schema.ts';

interface Table {
  name: string;
  columns: string[];
  constraints: string[];
  foreign_keys: string[];
  indexes: string[];
  comments: string[];
}

/** SQL that recreates everything that the migrations made, in a stable order, as PostgreSQL prints it. */
export const dumpSchema = (db: Db): Promise<string> =>
  db.transaction().execute(async (tx) => {
    // PostgreSQL omits schemas of the search path, and the role's own may be one.
    await sql`set local search_path to ''`.execute(tx);
    return dump(tx);
  });

async function dump(db: Db): Promise<string> {
  const schemas = await sql<{ line: string }>`
    select format('create schema %I;', nspname) as line from pg_namespace where nspname in ('duly', 'better_auth') order by 1`.execute(
    db,
  );
  const types = await sql<{ line: string }>`
    select format('create type %s as enum (%s);', t.oid::regtype,
      string_agg(quote_literal(e.enumlabel), ', ' order by e.enumsortorder)) as line
    from pg_type t join pg_enum e on e.enumtypid = t.oid group by t.oid order by 1`.execute(db);
  const functions = await sql<{ line: string }>`
    select rtrim(pg_get_functiondef(oid), E'\\n') || ';' as line from pg_proc
    where pronamespace in (to_regnamespace('duly'), to_regnamespace('better_auth')) order by proname`.execute(
    db,
  );
  const triggers = await sql<{ line: string }>`
    select pg_get_triggerdef(t.oid) || ';' as line from pg_trigger t join pg_class c on c.oid = t.tgrelid
    where not t.tgisinternal order by c.relname, t.tgname`.execute(db);
  const tables = await readTables(db);
  const parts = [
    ...schemas.rows.map(({ line }) => line),
    ...types.rows.map(({ line }) => line),
    ...tables.map(({ name, columns, constraints, indexes, comments }) =>
      [
        `create table ${name} (\n  ${[...columns, ...constraints].join(',\n  ')}\n);`,
        ...indexes.filter((index) => !callsFunction(index)),
        ...comments,
      ].join('\n'),
    ),
    tables.flatMap(({ foreign_keys }) => foreign_keys).join('\n'),
    ...functions.rows.map(({ line }) => line),
    tables.flatMap(({ indexes }) => indexes.filter(callsFunction)).join('\n'),
    triggers.rows.map(({ line }) => line).join('\n'),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

/** Some functions return rows of tables, so they come after these, and what calls a function after both. */
const callsFunction = (index: string) => /\bduly\.\w+\(/.test(index);

async function readTables(db: Db): Promise<Table[]> {
  const { rows } = await sql<Table>`
    select c.oid::regclass::text as name,
      array(
        select quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod)
          || coalesce((select format(' collate %I', collname) from pg_collation
             where oid = a.attcollation and collname <> 'default'), '')
          || case when a.attnotnull then ' not null' else '' end
          || case a.attidentity when 'a' then ' generated always as identity' else '' end
          || coalesce((select case a.attgenerated when 's' then format(' generated always as (%s) stored', pg_get_expr(d.adbin, d.adrelid))
             else ' default ' || pg_get_expr(d.adbin, d.adrelid) end from pg_attrdef d
             where d.adrelid = c.oid and d.adnum = a.attnum), '')
        from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped order by a.attnum
      ) as columns,
      array(
        select pg_get_constraintdef(k.oid) from pg_constraint k
        where k.conrelid = c.oid and k.contype in ('p', 'u', 'c') order by 1
      ) as constraints,
      array(
        select format('alter table %s add %s;', c.oid::regclass, pg_get_constraintdef(k.oid)) from pg_constraint k
        where k.conrelid = c.oid and k.contype = 'f' order by 1
      ) as foreign_keys,
      array(
        select pg_get_indexdef(i.indexrelid) || ';' from pg_index i where i.indrelid = c.oid
        and not exists (select from pg_constraint k where k.conindid = i.indexrelid and k.contype in ('p', 'u')) order by 1
      ) as indexes,
      array(
        select format('comment on %s is %L;', case when d.objsubid = 0 then 'table ' || c.oid::regclass
          else format('column %s.%I', c.oid::regclass, a.attname) end, d.description)
        from pg_description d left join pg_attribute a on a.attrelid = c.oid and a.attnum = d.objsubid and d.objsubid > 0
        where d.objoid = c.oid and d.classoid = 'pg_class'::regclass order by d.objsubid
      ) as comments
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and n.nspname in ('duly', 'better_auth') order by c.oid::regclass::text collate "C"`.execute(
    db,
  );
  return rows;
}
