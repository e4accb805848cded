import { sql } from 'kysely';
import type { Logger } from 'pino';
import type { DatabaseConnection } from './hosts.ts';
import { createDb, onServerChange } from './pool.ts';
import type { Db } from './schema.ts';

/** How long a replica that failed is left alone. */
const retryMs = 1_000;
/** The primary is there too: waiting longer for a replica would be worse than asking that. */
const queryTimeoutMs = 2_000;

/** Where a connection leads to. */
interface ServerIdentity {
  isReplica: boolean;
  /** Made up by `initdb`; what was copied from it has the same, physical replicas above all. */
  system: string;
  database: string;
  /** Goes up when a copy becomes a primary and so begins a history of its own. */
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

/** A replica while it is there: `T` is what is made of its pool. */
export interface Replica<T> {
  /** Null while it is away; then asking is what makes it be tried again, which nobody waits for. */
  current(): T | null;
  /** It answered as it should. */
  markHealthy(): void;
  /** It did not: it is left alone for a second. */
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
 * Every connection of one pool leads to the same run of the same server: what one of them saw, the others see too. A
 * standby that starts again after a crash may be behind what it showed before, and so may another one.
 */
async function connect({ primary, connection, max, log }: ReplicaOptions<unknown>): Promise<Db> {
  const { rows } = await sql.raw<ServerIdentity>(serverIdentityQuery).execute(primary);
  const [primaryIdentity] = rows;
  let first: ServerIdentity | undefined;
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
      first ??= identity;
      const fault = mismatchOf(identity, primaryIdentity, first);
      if (fault !== null) throw new Error(fault);
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
  let tryAt = 0;
  let isClosed = false;
  /** Goes up when the primary may be another server: what was compared with the one before does not count. */
  let serverChanges = 0;
  /** Null until something was said; said again only when it changes. */
  let wasHealthy: boolean | null = null;

  function backOff(error: unknown): void {
    tryAt = performance.now() + retryMs;
    if (wasHealthy !== false && !isClosed)
      log.warn({ reason: String(error) }, 'DATABASE_REPLICA_URL is not read from; the primary is');
    wasHealthy = false;
  }

  /** Statements that run on it are finished. */
  function disconnect(): void {
    connected?.db.destroy().catch(() => undefined);
    connected = null;
  }

  const unsubscribe = onServerChange(options.primary, () => {
    serverChanges += 1;
    tryAt = 0;
    disconnect();
  });

  async function tryConnect(): Promise<void> {
    const begin = serverChanges;
    try {
      const db = await connect(options);
      if (isClosed || serverChanges !== begin) await db.destroy();
      else connected = { db, link: open(db) };
    } catch (error) {
      backOff(error);
    } finally {
      opening = null;
    }
  }

  return {
    current() {
      if (connected === null && !isClosed && performance.now() >= tryAt) opening ??= tryConnect();
      return connected?.link ?? null;
    },
    markHealthy() {
      if (wasHealthy !== true) log.info('DATABASE_REPLICA_URL is read from');
      wasHealthy = true;
    },
    markFailed(link, error) {
      if (connected?.link !== link) return;
      disconnect();
      backOff(error);
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
