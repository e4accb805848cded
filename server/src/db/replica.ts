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
interface Place {
  isReplica: boolean;
  /** Made up by `initdb`; what was copied from it has the same, physical replicas above all. */
  system: string;
  database: string;
  /** Goes up when a copy becomes a primary and so begins a history of its own. */
  timeline: number;
  startedAt: string;
}

const placeQuery = `select pg_is_in_recovery() as "isReplica", system_identifier::text as "system",
    (select oid::text from pg_database where datname = current_database()) as "database",
    timeline_id as "timeline", pg_postmaster_start_time()::text as "startedAt"
  from pg_control_system(), pg_control_checkpoint()`;

function faultOf(place: Place, primary: Place, first: Place): string | null {
  if (!place.isReplica) return 'it is no replica: it takes writes itself';
  const isSame = place.system === primary.system && place.database === primary.database;
  if (!isSame) return 'it is a replica of another database than that of DATABASE_URL';
  if (place.timeline > primary.timeline)
    return 'it is a replica of a copy of this database with a history of its own';
  if (place.startedAt !== first.startedAt) return 'it was restarted, or there are several servers behind it';
  return null;
}

/** A replica while it is there: `T` is what is made of its pool. */
export interface Replica<T> {
  /** Null while it is away; then asking is what makes it be tried again, which nobody waits for. */
  current(): T | null;
  /** It answered as it should. */
  isUseful(): void;
  /** It did not: it is left alone for a second. */
  failed(link: T, error: unknown): void;
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
  const { rows } = await sql.raw<Place>(placeQuery).execute(primary);
  const [ofPrimary] = rows;
  let first: Place | undefined;
  const db = createDb({
    connection,
    max,
    log,
    queryTimeoutMs,
    isReplica: true,
    async verify(client) {
      const [place] = (await client.query<Place>(placeQuery)).rows;
      if (place === undefined || ofPrimary === undefined) throw new Error('it does not say which it is');
      first ??= place;
      const fault = faultOf(place, ofPrimary, first);
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
  let held: { db: Db; link: T } | null = null;
  let opening: Promise<void> | null = null;
  let tryAt = 0;
  let isClosed = false;
  /** Goes up when the primary may be another server: what was compared with the one before does not count. */
  let changes = 0;
  /** Null until something was said; said again only when it changes. */
  let wasUseful: boolean | null = null;

  function leaveAlone(error: unknown): void {
    tryAt = performance.now() + retryMs;
    if (wasUseful !== false && !isClosed)
      log.warn({ reason: String(error) }, 'DATABASE_REPLICA_URL is not read from; the primary is');
    wasUseful = false;
  }

  /** Statements that run on it are finished. */
  function drop(): void {
    held?.db.destroy().catch(() => undefined);
    held = null;
  }

  const unhear = onServerChange(options.primary, () => {
    changes += 1;
    tryAt = 0;
    drop();
  });

  async function openOne(): Promise<void> {
    const begin = changes;
    try {
      const db = await connect(options);
      if (isClosed || changes !== begin) await db.destroy();
      else held = { db, link: open(db) };
    } catch (error) {
      leaveAlone(error);
    } finally {
      opening = null;
    }
  }

  return {
    current() {
      if (held === null && !isClosed && performance.now() >= tryAt) opening ??= openOne();
      return held?.link ?? null;
    },
    isUseful() {
      if (wasUseful !== true) log.info('DATABASE_REPLICA_URL is read from');
      wasUseful = true;
    },
    failed(link, error) {
      if (held?.link !== link) return;
      drop();
      leaveAlone(error);
    },
    async close() {
      isClosed = true;
      unhear();
      await opening;
      await held?.db.destroy();
      held = null;
    },
  };
}
