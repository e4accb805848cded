import { sql } from 'kysely';
import type { Logger } from 'pino';
import type { DatabaseConnection } from './hosts.ts';
import { createDb, onServerChange } from './pool.ts';
import type { Db } from './schema.ts';

/** How long a failed replica is not used. */
const retryMs = 1_000;
/** Short, because the primary can serve the read instead. */
const queryTimeoutMs = 2_000;

/** Identifies the server and database of a connection. */
interface ServerIdentity {
  isReplica: boolean;
  /** System identifier from `initdb`. Physical copies, such as streaming replicas, have the same one. */
  system: string;
  database: string;
  /** Rises when a standby or copy is promoted to a primary. */
  timeline: number;
  startedAt: string;
}

const serverIdentityQuery = `select pg_is_in_recovery() as "isReplica", system_identifier::text as "system",
    (select oid::text from pg_database where datname = current_database()) as "database",
    timeline_id as "timeline", pg_postmaster_start_time()::text as "startedAt"
  from pg_control_system(), pg_control_checkpoint()`;

function mismatchOf(server: ServerIdentity, primary: ServerIdentity, first: ServerIdentity): string | null {
  if (!server.isReplica) return 'it is no replica: it takes writes itself';
  const isSame = server.system === primary.system && server.database === primary.database;
  if (!isSame) return 'it is a replica of another database than that of DATABASE_URL';
  if (server.timeline > primary.timeline)
    return 'it is a replica of a copy of this database with a history of its own';
  if (server.startedAt !== first.startedAt) return 'it was restarted, or there are several servers behind it';
  return null;
}

/** A replica that may be unavailable. `T` is what `open` makes of its pool. */
export interface Replica<T> {
  /** Null while the replica is unavailable. Each call may start a new attempt, which nobody waits for. */
  current(): T | null;
  /** Call it after a successful read. */
  markHealthy(): void;
  /** Call it after a failed read: the replica is not used for a second. */
  markFailed(link: T, error: unknown): void;
  close(): Promise<void>;
}

interface ReplicaOptions<T> {
  primary: Db;
  connection: DatabaseConnection;
  max: number;
  log: Logger;
  open: (db: Db) => T;
}

/**
 * Opens a pool whose connections all lead to the same run of the same server. So what one connection has replayed, all
 * others have. A restarted or another standby may have replayed less.
 * @param onMismatch called for a connection to another one; reads may go on through the others
 */
async function connect(
  { primary, connection, max, log }: ReplicaOptions<unknown>,
  onMismatch: (db: Db, error: Error) => void,
): Promise<Db> {
  const { rows } = await sql.raw<ServerIdentity>(serverIdentityQuery).execute(primary);
  const [primaryIdentity] = rows;
  let firstIdentity: ServerIdentity | undefined;
  const db = createDb({
    connection,
    max,
    log,
    queryTimeoutMs,
    isReplica: true,
    async verify(client) {
      const [identity] = (await client.query<ServerIdentity>(serverIdentityQuery)).rows;
      if (identity === undefined || primaryIdentity === undefined)
        throw new Error('it does not say which it is');
      firstIdentity ??= identity;
      const mismatch = mismatchOf(identity, primaryIdentity, firstIdentity);
      if (mismatch === null) return;
      const error = new Error(mismatch);
      onMismatch(db, error);
      throw error;
    },
  });
  try {
    await sql`select 1`.execute(db);
    return db;
  } catch (error) {
    await db.destroy();
    throw error;
  }
}

export function createReplica<T>(options: ReplicaOptions<T>): Replica<T> {
  const { log, open } = options;
  let connected: { db: Db; link: T } | null = null;
  let opening: Promise<void> | null = null;
  let retryAt = 0;
  let isClosed = false;
  /** Rises when the primary may be another server: comparisons with the previous one are then void. */
  let serverChanges = 0;
  /** Null until the first report. Only changes are logged. */
  let wasHealthy: boolean | null = null;

  function backOff(error: unknown): void {
    retryAt = performance.now() + retryMs;
    if (wasHealthy !== false && !isClosed)
      log.warn({ reason: String(error) }, 'DATABASE_REPLICA_URL is not read from; the primary is');
    wasHealthy = false;
  }

  /** Running statements are completed first. */
  function disconnect(): void {
    connected?.db.destroy().catch(() => undefined);
    connected = null;
  }

  function fail(error: unknown): void {
    disconnect();
    backOff(error);
  }

  const unsubscribe = onServerChange(options.primary, () => {
    serverChanges += 1;
    retryAt = 0;
    disconnect();
  });

  async function tryConnect(): Promise<void> {
    const changesAtStart = serverChanges;
    try {
      const db = await connect(options, (mismatched, error) => {
        if (connected?.db === mismatched) fail(error);
      });
      if (isClosed || serverChanges !== changesAtStart) await db.destroy();
      else connected = { db, link: open(db) };
    } catch (error) {
      backOff(error);
    } finally {
      opening = null;
    }
  }

  return {
    current() {
      if (connected === null && !isClosed && performance.now() >= retryAt) opening ??= tryConnect();
      return connected?.link ?? null;
    },
    markHealthy() {
      if (wasHealthy !== true) log.info('DATABASE_REPLICA_URL is read from');
      wasHealthy = true;
    },
    markFailed(link, error) {
      if (connected?.link === link) fail(error);
    },
    async close() {
      isClosed = true;
      unsubscribe();
      await opening;
      await connected?.db.destroy();
      connected = null;
    },
  };
}
