import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import pg from 'pg';

export interface SentQuery {
  client: pg.Client;
  /** On a cluster, without the call of `duly.on_shard` that it is sent in. */
  text: string;
  /** The prepared statement's. */
  name: string | undefined;
}

/** Calls `listener` for each query that this process sends, until the function that it returns is called. */
export function onQuery(listener: (query: SentQuery) => void): () => void {
  const { prototype } = pg.Client;
  const original = prototype.query;
  prototype.query = function (this: pg.Client, ...args: unknown[]) {
    const [query] = args;
    const isConfig = typeof query === 'object' && query !== null && 'text' in query;
    const name = isConfig && 'name' in query ? String(query.name) : undefined;
    const text = String(isConfig ? query.text : query);
    const values: unknown = isConfig && 'values' in query ? query.values : args[1];
    const isCall = text.startsWith('select * from duly.on_shard(') && Array.isArray(values);
    listener({ client: this, text: isCall ? String(values[1]) : text, name });
    return Reflect.apply(original, this, args);
  };
  // Frequent reads do not pass through the driver's `query`.
  const onRead = (message: unknown) => listener(message as SentQuery);
  subscribe('duly:read', onRead);
  return () => {
    prototype.query = original;
    unsubscribe('duly:read', onRead);
  };
}
