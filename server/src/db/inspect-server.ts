import { Socket } from 'node:net';
import pg from 'pg';
import { hasShardsQuery } from './shards.ts';

/** How long a host may take to accept a connection. */
export const connectTimeoutMs = 2_000;
const closeTimeoutMs = 500;

/** The state of a server, read over one session. */
export interface ServerState {
  /** Whether the server is a standby that replays WAL. */
  isInRecovery: boolean;
  /** Whether writes are refused: in recovery, or by `default_transaction_read_only`. */
  isReadOnly: boolean;
  /** Start time of the postmaster: it identifies one run of a server. */
  startedAt: string;
}

const serverStateColumns = `pg_is_in_recovery() as "isInRecovery", current_setting('transaction_read_only') = 'on' as "isReadOnly",
  extract(epoch from pg_postmaster_start_time())::text as "startedAt"`;

/** Outside of a transaction, `transaction_read_only` is what the next transaction would have. */
export const serverStateQuery = `select pg_backend_pid() as "pid", ${hasShardsQuery} as "hasShards",
  ${serverStateColumns}`;

/** A connection outside any pool. `close` destroys its socket after 500 ms, even if the server hangs. */
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

/** Reads the server's state over a connection of its own. */
export async function inspectServer(config: pg.ClientConfig): Promise<ServerState> {
  const { client, close } = openClient({ ...config, application_name: 'duly pool' });
  try {
    await client.connect();
    const { rows } = await client.query<ServerState>(serverStateQuery);
    if (rows[0] === undefined) throw new Error('the query of the server state returned no row');
    return rows[0];
  } finally {
    close();
  }
}
