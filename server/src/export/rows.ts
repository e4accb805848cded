import { type RawBuilder, sql } from 'kysely';
import { isoText } from '../db/columns.ts';
import type { Db, Tx } from '../db/schema.ts';
import { type ExportSection, memberName } from './sections.ts';

/** Reads the user's data on one snapshot, and writes nothing. */
export function onSnapshot<T>(db: Db, work: (tx: Tx) => Promise<T>): Promise<T> {
  return db.transaction().execute(async (tx) => {
    await sql`set transaction isolation level repeatable read, read only`.execute(tx);
    // Longer than a client may stall.
    await sql`set local idle_in_transaction_session_timeout = 60000`.execute(tx);
    return work(tx);
  });
}

interface ExportedRow {
  json: string;
  key: string[];
}

/** The number of rows in memory: of the largest possible tasks some 2 MB. */
const batchSize = 200;

/** The rows of a section as JSON texts, in batches that follow the key. */
export async function* readRows(tx: Tx, userId: string, section: ExportSection): AsyncGenerator<string[]> {
  await followKey(tx, section);
  for (let last: readonly string[] | null = null; ; ) {
    const { rows }: { rows: ExportedRow[] } = await rowsAfter(userId, section, last).execute(tx);
    if (rows.length > 0) yield rows.map(({ json }) => json);
    last = rows.at(-1)?.key ?? null;
    if (rows.length < batchSize || section.order.length === 0) return;
  }
}

/**
 * Where the key begins with the user, each batch is read along it. Of a table without statistics PostgreSQL would sort
 * all rows of the user for every batch.
 */
async function followKey(tx: Tx, { table, userColumn }: ExportSection): Promise<void> {
  const mode = table.key[0] === userColumn ? 'off' : 'on';
  await sql`select set_config(name, ${mode}, true) from unnest(array['enable_sort', 'enable_bitmapscan']) as name`.execute(
    tx,
  );
}

function rowsAfter(
  userId: string,
  { table, userColumn, columns, order, exportedAs }: ExportSection,
  last: readonly string[] | null,
): RawBuilder<ExportedRow> {
  const special = exportedAs?.(sql`${userId}`) ?? {};
  const selected = columns.map(
    ({ name, type }) => sql`${special[name] ?? exportedValue(name, type)} as ${sql.id(memberName(name))}`,
  );
  const keys = order.map((name) => sql.ref(`t.${name}`));
  const typeOf = (name: string) => sql.raw(table.columns.find((one) => one.name === name)?.type ?? 'text');
  const position = last?.map((value, index) => sql`${value}::${typeOf(order[index] ?? '')}`);
  return sql`
    select row_to_json(r)::text as json, k.key from ${sql.table(table.name)} t
      cross join lateral (select ${sql.join(selected)}) as r
      cross join lateral (select array[${sql.join(keys.map((key) => sql`${key}::text`))}]::text[] as key) as k
    where ${sql.ref(`t.${userColumn}`)} = ${userId}
      and ${position === undefined ? sql`true` : sql`(${sql.join(keys)}) > (${sql.join(position)})`}
    ${keys.length === 0 ? sql`` : sql`order by ${sql.join(keys)}`} limit ${sql.lit(batchSize)}`;
}

/** Times as responses have them, hashes in hex. */
function exportedValue(name: string, type: string): RawBuilder<unknown> {
  const column = sql.ref(`t.${name}`);
  if (type.startsWith('timestamp')) return isoText(column);
  return type === 'bytea' ? sql`encode(${column}, 'hex')` : column;
}
