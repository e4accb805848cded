import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import pg from 'pg';

export interface SentQuery {
  client: pg.Client;
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
    listener({ client: this, text: String(isConfig ? query.text : query), name });
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
