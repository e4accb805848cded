import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { Logger } from 'pino';
import { connectTimeoutMs, type ServerState } from './inspect-server.ts';

/** How old what is known of a connection may be when it is handed out. */
const maxStateAgeMs = 1_000;
/** While the server is read-only another one is looked for as often as this, as long as somebody asks. */
const searchIntervalMs = 1_000;
/** How long whoever gets a read-only connection waits for a search that is under way: mostly it takes less. */
const searchWaitMs = 100;

/** Whether the server is read-only, outside of a transaction; it says too that a connection lives. */
const readOnlyQuery = {
  text: `select current_setting('transaction_read_only') = 'on' as "isReadOnly"`,
  query_timeout: connectTimeoutMs,
};

interface ConnectionState {
  isReadOnly: boolean;
  checkedAt: number;
  /** A statement was refused since: the session may take writes again by now. */
  needsCheck?: boolean;
}

/**
 * Follows the primary to another server. A server that was demoted answers `select 1` and every read, so connections to
 * it would stay in the pool for ever. What is known of each is never older than a second when it is handed out; from
 * the first that is read-only on, all are suspect. Read-only ones are used for reads until another server is proven to
 * take writes.
 */
export interface Failover {
  /** To be called for each new connection. */
  noteOpened(client: pg.PoolClient, server: ServerState): void;
  /** To be called when a statement was refused because its server is read-only (SQLSTATE 25006). */
  noteReadOnlyError(client: pg.PoolClient): void;
  /** @returns whether a connection may be handed out: it answers, and there is nothing better. */
  validate(client: pg.PoolClient): Promise<boolean>;
  /** Whether this is the run of a server that the newest connections lead to. */
  isCurrentServer(server: ServerState): boolean;
  /** Since when the server is read-only, on the clock of `performance.now()`; null while it takes writes. */
  readOnlySince(): number | null;
  /**
   * Calls `hear` whenever other connections may lead to another server than before, until the returned function is
   * called.
   */
  listener(hear: () => void): () => void;
}

/** Whether a connection that is opened anew, beside the pool, leads to a server that takes writes. */
type FindWritableServer = () => Promise<boolean>;

interface ServerTracker {
  /** A connection is read-only. */
  noteReadOnly(): void;
  /** A connection that was asked then takes writes; what was asked before the first refusal may be outdated. */
  noteWritable(askedAt: number): void;
  /** Looks for a server that takes writes, if that was not done just now. @returns the search that is under way. */
  search(): Promise<void> | null;
  notifyListeners(): void;
  readOnlySince(): number | null;
  writableAt(): number;
  onChange(hear: () => void): () => void;
}

/** Whether there is a server that takes writes, as far as the connections of a pool have shown. */
function createServerTracker(seek: FindWritableServer | null, log: Logger): ServerTracker {
  const listeners = new Set<() => void>();
  let readOnlySince: number | null = null;
  let writableAt = Number.NEGATIVE_INFINITY;
  let searchedAt = Number.NEGATIVE_INFINITY;
  let searching: Promise<void> | null = null;

  function notifyListeners(): void {
    for (const listener of listeners) listener();
  }

  function noteWritable(askedAt: number): void {
    if (readOnlySince === null || askedAt < readOnlySince) return;
    readOnlySince = null;
    writableAt = performance.now();
    log.info('the database takes writes again');
    notifyListeners();
  }

  async function runSearch(find: FindWritableServer, begin: number): Promise<void> {
    try {
      if (await find()) noteWritable(begin);
    } catch {
      // No host can be reached, or none is what is wanted: there will be another search.
    }
    searching = null;
  }

  function search(): Promise<void> | null {
    const now = performance.now();
    if (seek !== null && searching === null && now - searchedAt >= searchIntervalMs) {
      searchedAt = now;
      searching = runSearch(seek, now);
    }
    return searching;
  }

  return {
    noteReadOnly() {
      if (seek === null) return;
      if (readOnlySince === null) {
        readOnlySince = performance.now();
        log.warn('the database is read-only: writes are refused until a server takes them');
        notifyListeners();
      }
      search();
    },
    noteWritable,
    search,
    notifyListeners,
    readOnlySince: () => readOnlySince,
    writableAt: () => writableAt,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** @param seek null for the pool of a replica, whose connections are read-only by their nature */
export function createFailover(seek: FindWritableServer | null, log: Logger): Failover {
  const states = new WeakMap<pg.PoolClient, ConnectionState>();
  const tracker = createServerTracker(seek, log);
  let currentServer: string | undefined;

  function record(client: pg.PoolClient, one: ConnectionState): void {
    states.set(client, one);
    if (one.isReadOnly) tracker.noteReadOnly();
    else tracker.noteWritable(one.checkedAt);
  }

  /** Whether it was last looked at before a server was proven to take writes: a read-only one is of no use then. */
  const isOutdated = ({ checkedAt }: ConnectionState) => checkedAt < tracker.writableAt();
  const needsProbe = (one: ConnectionState) =>
    one.needsCheck === true ||
    performance.now() - one.checkedAt >= maxStateAgeMs ||
    isOutdated(one) ||
    one.checkedAt < (tracker.readOnlySince() ?? Number.NEGATIVE_INFINITY);

  async function probe(client: pg.PoolClient, before: ConnectionState | undefined): Promise<boolean> {
    const askedAt = performance.now();
    try {
      const { rows } = await client.query<Pick<ConnectionState, 'isReadOnly'>>(readOnlyQuery);
      const isReadOnly = rows[0]?.isReadOnly === true;
      if (isReadOnly && before !== undefined && isOutdated(before)) return false;
      record(client, { isReadOnly, checkedAt: askedAt });
      // A standby that was promoted: a new connection looks at the server that it is now.
      return isReadOnly || before?.isReadOnly !== true;
    } catch {
      return false;
    }
  }

  return {
    noteOpened(client, { isReadOnly, startedAt }) {
      const isElsewhere = currentServer !== undefined && currentServer !== startedAt;
      currentServer = startedAt;
      record(client, { isReadOnly, checkedAt: performance.now() });
      if (isElsewhere) tracker.notifyListeners();
    },
    noteReadOnlyError(client) {
      const before = states.get(client);
      if (before !== undefined && isOutdated(before)) states.set(client, { ...before, isReadOnly: true });
      else record(client, { isReadOnly: true, checkedAt: performance.now(), needsCheck: true });
    },
    async validate(client) {
      const before = states.get(client);
      if (before?.isReadOnly && isOutdated(before)) return false;
      if ((before === undefined || needsProbe(before)) && !(await probe(client, before))) return false;
      const now = states.get(client);
      if (now?.isReadOnly !== true) return true;
      const seeking = tracker.search();
      if (seeking !== null) await Promise.race([seeking, sleep(searchWaitMs, undefined, { ref: false })]);
      return !isOutdated(now);
    },
    isCurrentServer: ({ startedAt }) => startedAt === currentServer,
    readOnlySince: tracker.readOnlySince,
    listener: tracker.onChange,
  };
}
