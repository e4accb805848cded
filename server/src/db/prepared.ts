import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Client, PoolClient, QueryResult, QueryResultRow } from 'pg';
import { entryLimit } from '../platform/lru.ts';
import { type ByteFields, byteRowsConfig, createRowReader, isAsBytes, toObjects } from './byte-rows.ts';
import { errorCodeOf } from './failures.ts';
import { atShard } from './shards.ts';

/** Each prepared statement takes memory on every connection, so only frequent statements are prepared. */
const minUsesToPrepare = 5;
/** Prepared statements of one connection. Each costs its backend some 50 kB. */
const maxNames = 100;
/** Texts that are counted, and texts with a name. */
const maxTexts = 1_000;

const statementNames = new LRUCache<string, string>(entryLimit(maxTexts));
const useCounts = new LRUCache<string, number>(entryLimit(maxTexts));
const namesOfClients = new WeakMap<PoolClient, Set<string>>();

/**
 * The prepared statement's name, so that the server parses and plans it once per connection; undefined while it is
 * rare. The name is a hash of the text: behind a shared connection it can mean no other text.
 */
function statementNameOf(client: PoolClient, text: string): string | undefined {
  const name = statementNames.get(text) ?? nameIfFrequent(text);
  const names = namesOfClients.get(client) ?? new Set();
  namesOfClients.set(client, names);
  if (name === undefined || (names.size >= maxNames && !names.has(name))) return undefined;
  names.add(name);
  return name;
}

function nameIfFrequent(text: string): string | undefined {
  const count = (useCounts.get(text) ?? 0) + 1;
  useCounts.set(text, count);
  // The best plan of a search depends on the search term, so it is planned each time.
  if (count < minUsesToPrepare || text.includes('like ')) return undefined;
  useCounts.delete(text);
  const name = hash('sha256', text, 'hex').slice(0, 32);
  statementNames.set(text, name);
  return name;
}

/** SQLSTATEs: the name is unknown, the name is taken, or a migration changed the result's columns. */
const staleNameCodes = new Set(['26000', '42P05', '0A000']);

export const isStaleName = (error: unknown): boolean => staleNameCodes.has(errorCodeOf(error));

const directClients = new WeakSet<Client>();

/** Whether the connection leads to the server itself, which gives it a session of its own. */
export const isDirect = (client: Client): boolean => directClients.has(client);

/**
 * Marks a connection that leads to the server itself: a pooler reports a pid of its own making. Through a pooler the
 * next statement may run on another backend, where the prepared statement does not exist.
 * @param pid the backend's pid, as the server reports it
 */
export function markIfDirect(client: PoolClient, pid: number): void {
  if ('processID' in client && client.processID === pid) directClients.add(client);
}

/** A frequent statement that was executed, and how its rows are read. */
interface KnownRead {
  name: string;
  toRow(fields: ByteFields): unknown;
}

const knownReads = new LRUCache<string, KnownRead>(entryLimit(maxNames));

/** Null unless the statement's rows are bytes, and it was prepared by name before. */
export const knownReadOf = (text: string): KnownRead | null => knownReads.get(text) ?? null;

/** Runs a statement, as a prepared one if the connection is direct and the statement frequent. */
export async function queryPrepared<Row extends QueryResultRow>(
  client: PoolClient,
  statement: string,
  parameters: readonly unknown[],
): Promise<QueryResult<Row>> {
  const { text, values } = atShard(client, statement, parameters);
  // A text without values may hold several statements, which cannot be prepared.
  const name = values.length > 0 && isDirect(client) ? statementNameOf(client, text) : undefined;
  const query = { text, values: [...values], ...(name === undefined ? {} : { name }) };
  try {
    if (isAsBytes(text)) {
      const result = await client.query({ ...query, ...byteRowsConfig });
      if (name !== undefined && !knownReads.has(text))
        knownReads.set(text, { name, toRow: createRowReader(result.fields) });
      return toObjects(result);
    }
    return name === undefined
      ? toOneResult<Row>(await client.query(text, query.values))
      : await client.query(query);
  } catch (error) {
    if (name !== undefined && isStaleName(error)) directClients.delete(client);
    throw error;
  }
}

/** Joins the rows of a text with several statements, each of which has a result. */
function toOneResult<Row extends QueryResultRow>(
  found: QueryResult<Row> | readonly QueryResult<Row>[],
): QueryResult<Row> {
  if (!('at' in found)) return found;
  const last = found.at(-1);
  if (last === undefined) throw new Error('a text of several statements has no result');
  return { ...last, command: 'SCRIPT', rows: found.flatMap(({ rows }) => rows) };
}
