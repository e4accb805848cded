import { readFileSync } from 'node:fs';
import { sql } from 'kysely';
import type { Db } from '../../src/db/schema.ts';
import { readPlacement } from './distribution.ts';

const script = readFileSync(new URL('../../../scripts/citus.sql', import.meta.url), 'utf8');
const [onShard = ''] = /create function duly\.on_shard.*?\$\$;/s.exec(script) ?? [];
const [foreignKeys = ''] = /alter table duly\.tasks.*?;/s.exec(script) ?? [];

/**
 * Gives a database of plain PostgreSQL the foreign keys and the function `duly.on_shard` of `scripts/citus.sql`,
 * unchanged. What the function asks Citus is here in tables: each table has one shard, which is a view of it. So the
 * function executes every statement for a shard. The suite has no cluster; docs/distribution.md tells how to test one.
 */
export async function imitateCitus(db: Db): Promise<void> {
  const { distributed, copied } = readPlacement();
  const tables = [...distributed.map(({ table }) => table), ...copied];
  await sql`create table pg_dist_placement (shardid bigint, groupid integer)`.execute(db);
  await sql`create table pg_dist_local_group (groupid integer)`.execute(db);
  await sql`create table pg_dist_partition (logicalrelid regclass, partmethod "char", repmodel "char", colocationid integer)`.execute(
    db,
  );
  await sql`create table pg_dist_shard (logicalrelid regclass, shardid bigint, shardminvalue text)`.execute(
    db,
  );
  await sql`create function get_shard_id_for_distribution_column(regclass, text) returns bigint
    language sql as 'select 1::bigint'`.execute(db);
  await sql`create function lock_shard_metadata(integer, bigint[]) returns void
    language sql as 'select pg_advisory_xact_lock_shared($2[1])'`.execute(db);
  await sql`insert into pg_dist_local_group values (7)`.execute(db);
  await sql`insert into pg_dist_placement values (1, 7)`.execute(db);
  for (const [index, table] of tables.entries()) {
    const isCopied = copied.includes(table);
    await sql`create view ${sql.table(`${table}_${index + 1}`)} as select * from ${sql.table(table)}`.execute(
      db,
    );
    await sql`insert into pg_dist_partition values (${table}, ${isCopied ? 'n' : 'h'}, ${isCopied ? 't' : 's'}, ${isCopied ? 2 : 1})`.execute(
      db,
    );
    await sql`insert into pg_dist_shard values (${table}, ${index + 1}, ${isCopied ? null : '-2147483648'})`.execute(
      db,
    );
  }
  await sql.raw(foreignKeys).execute(db);
  await sql.raw(onShard).execute(db);
}
