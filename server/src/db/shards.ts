import { sql } from 'kysely';
import type { PoolClient } from 'pg';
import type { Db } from './schema.ts';

/**
 * Statements that change several tables of one user, on a Citus cluster. Citus would execute each of their CTEs by
 * itself and carry rows between them, which takes 30 times as long. The function `duly.on_shard` of `scripts/citus.sql`
 * executes the whole statement on the node of that user, as PostgreSQL does everywhere else.
 */

const marker = '/* on the shard of $';

/**
 * Begins the text of such a statement. Elsewhere it is a comment.
 * @param userIndex the index, from 0, of the parameter that is the user's id, or an array of ids that are all the same
 * @param columns what the one row of the result has, as a column definition list: `now text, seq bigint`
 */
export const onShardOf = (userIndex: number, columns: string): string =>
  `${marker}${userIndex + 1}: ${columns} */ `;

const clusterClients = new WeakSet<object>();

/** Marks a connection to a cluster: its database has `duly.on_shard`. */
export function markIfCluster(client: PoolClient, hasShards: boolean): void {
  if (hasShards) clusterClients.add(client);
}

export const hasShardsQuery = `to_regprocedure('duly.on_shard(text, text, text[])') is not null`;

/** Whether rows of several users may be on several nodes: then no statement locks them together. */
export async function isCluster(db: Db): Promise<boolean> {
  const { rows } = await sql<{ is: boolean }>`select ${sql.raw(hasShardsQuery)} as "is"`.execute(db);
  return rows[0]?.is === true;
}

const parts = /^\/\* on the shard of \$(\d+): (.*?) \*\/ /;

/** What is sent to a cluster in place of the statement; the statement itself otherwise. */
export function atShard(
  client: PoolClient,
  text: string,
  values: readonly unknown[],
): { text: string; values: readonly unknown[] } {
  if (!clusterClients.has(client)) return { text, values };
  const [begin = '', index, columns] = parts.exec(text) ?? [];
  if (columns === undefined) return { text, values };
  const user = values[Number(index) - 1];
  return {
    text: `select * from duly.on_shard($1, $2, $3) as result (${columns})`,
    values: [Array.isArray(user) ? user[0] : user, text.slice(begin.length), values.map(toText)],
  };
}

/** A value in PostgreSQL's text format: the function takes all of them as texts. */
function toText(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (Buffer.isBuffer(value)) return `\\x${value.toString('hex')}`;
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return `{${value.map(toElement).join()}}`;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function toElement(value: unknown): string {
  const text = toText(value);
  return text === null ? 'null' : `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
}
