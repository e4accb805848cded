import { Socket } from 'node:net';
import pg from 'pg';

/** How long a host may take to accept a connection. */
export const connectTimeoutMs = 2_000;
const closeTimeoutMs = 500;

/** What a session says of the server that it leads to. */
export interface ServerState {
  /** Whether it replays what another server does. */
  isInRecovery: boolean;
  /** Whether writes are refused, because of that or of `default_transaction_read_only`. */
  isReadOnly: boolean;
  /** One run of a server has one such time. */
  startedAt: string;
}

const serverStateColumns = `pg_is_in_recovery() as "isInRecovery", current_setting('transaction_read_only') = 'on' as "isReadOnly",
  extract(epoch from pg_postmaster_start_time())::text as "startedAt"`;

/** Outside of a transaction, what the next one would be. */
export const serverStateQuery = `select pg_backend_pid() as "pid", ${serverStateColumns}`;

/** A connection of its own, beside a pool, that goes away whatever its server does. */
export function openClient(config: pg.ClientConfig): { client: pg.Client; close(): void } {
  const socket = new Socket();
  const client = new pg.Client({
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: connectTimeoutMs,
    keepAlive: true,
    ...config,
    stream: () => socket,
  });
  // Without a listener a lost connection ends the process.
  client.on('error', () => undefined);
  function close(): void {
    client.end().catch(() => undefined);
    setTimeout(() => socket.destroy(), closeTimeoutMs).unref();
  }
  return { client, close };
}

/** Connects, looks at the server and leaves. */
export async function inspectServer(config: pg.ClientConfig): Promise<ServerState> {
  const { client, close } = openClient({ ...config, application_name: 'duly pool' });
  try {
    await client.connect();
    const { rows } = await client.query<ServerState>(serverStateQuery);
    if (rows[0] === undefined) throw new Error('no answer to a question that always has one');
    return rows[0];
  } finally {
    close();
  }
}
