import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { PoolClient, QueryResult, QueryResultRow } from 'pg';
import { errorCodeOf } from './failures.ts';

/** A statement that is asked for as often as this is worth a place in each connection's memory. */
const minUsesToPrepare = 5;
/** Each costs a connection's server process some 50 kB. */
const maxNames = 100;
/** Texts that are counted. */
const maxTexts = 1_000;

const names = new Map<string, string>();
const uses = new LRUCache<string, number>({ max: maxTexts });

/**
 * The name that a statement is prepared by, so that the server parses and plans it once for each connection; undefined
 * while it is rare. It is made of the text: behind whatever shares connections, no name ever means another text.
 */
function statementNameOf(text: string): string | undefined {
  const known = names.get(text);
  if (known !== undefined || names.size >= maxNames) return known;
  const count = (uses.get(text) ?? 0) + 1;
  uses.set(text, count);
  // The best plan of a search depends on what is searched for: it is made each time.
  if (count < minUsesToPrepare || text.includes('like ')) return undefined;
  uses.delete(text);
  const name = hash('sha256', text, 'hex').slice(0, 32);
  names.set(text, name);
  return name;
}

/** That a name is not known or is taken, and that what it means gives other columns by now: a migration ran. */
const nameErrors = new Set(['26000', '42P05', '0A000']);

const directClients = new WeakSet<PoolClient>();

/** Whether a connection goes to the server itself, and its session belongs to nobody else. */
export const isDirect = (client: PoolClient): boolean => directClients.has(client);

/**
 * Notes whether a new connection goes to the server itself: a pooler makes up the process id that it reports. Behind
 * a pooler the next statement may be another server process's, which knows nothing of a name.
 * @param pid that of the session, as the server itself says it
 */
export function markIfDirect(client: PoolClient, pid: number): void {
  if ('processID' in client && client.processID === pid) directClients.add(client);
}

/** Asks a client, by a prepared statement where that is safe and worth it. */
export async function queryPrepared<Row extends QueryResultRow>(
  client: PoolClient,
  text: string,
  values: readonly unknown[],
): Promise<QueryResult<Row>> {
  // Without values it may be several statements in one, which cannot be prepared.
  const name = values.length > 0 && isDirect(client) ? statementNameOf(text) : undefined;
  if (name === undefined) return client.query(text, [...values]);
  try {
    return await client.query({ name, text, values: [...values] });
  } catch (error) {
    if (nameErrors.has(errorCodeOf(error))) directClients.delete(client);
    throw error;
  }
}
