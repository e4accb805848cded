import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { Logger } from 'pino';
import { connectTimeoutMs, type ServerState } from './inspect-server.ts';

/** A connection whose state is older than this is probed before it is handed out. */
const maxStateAgeMs = 1_000;
/** While the server is read-only: how often a request may start a search for a writable server. */
const searchIntervalMs = 1_000;
/** How long a request that got a read-only connection waits for a running search. Most searches take less. */
const searchWaitMs = 100;

/**
 * Reads whether the server is read-only. Execute it outside of a transaction. It also proves that the connection works.
 */
const readOnlyQuery = {
  text: `select current_setting('transaction_read_only') = 'on' as "isReadOnly"`,
  query_timeout: connectTimeoutMs,
};

interface ConnectionState {
  isReadOnly: boolean;
  checkedAt: number;
  /** A statement was refused since `checkedAt`, so the session must be probed before its next use. */
  needsCheck?: boolean;
}

/**
 * Follows the primary to another server. A demoted server still executes every read, so its connections would stay in
 * the pool for ever. The state of a connection is at most a second old when it is handed out. Once one connection is
 * read-only, all are probed again. Read-only connections serve reads until a writable server is found.
 */
export interface Failover {
  /** Call it for each new connection. @param openedAt when its host was chosen, in ms of `performance.now()` */
  noteOpened(client: pg.PoolClient, server: ServerState, openedAt: number): void;
  /** Call it when a connection was lost without our doing: others that were checked before may be lost, too. */
  noteLost(): void;
  /** Call it when a statement failed because its server is read-only (SQLSTATE 25006). */
  noteReadOnlyError(client: pg.PoolClient): void;
  /** @returns whether the connection may be used: it is alive, and no writable server replaces it */
  validate(client: pg.PoolClient): Promise<boolean>;
  /** Whether the newest connections lead to this run of this server. */
  isCurrentServer(server: ServerState): boolean;
  /** When the server became read-only, in ms of `performance.now()`; null while it takes writes. */
  readOnlySince(): number | null;
  /**
   * Calls `listener` whenever new connections may lead to another server. @returns the function that unsubscribes it
   */
  onServerChange(listener: () => void): () => void;
}

/** Opens a connection outside the pool. Resolves to whether its server takes writes. */
type FindWritableServer = () => Promise<boolean>;

interface ServerTracker {
  noteReadOnly(): void;
  /** A probe at `checkedAt` found a writable server. A probe from before the first refusal does not count. */
  noteWritable(checkedAt: number): void;
  /**
   * Starts a search for a writable server, or plans it: there is at most one a second. @returns the running search, or
   * null
   */
  search(): Promise<void> | null;
  notifyListeners(): void;
  readOnlySince(): number | null;
  writableAt(): number;
  onServerChange(listener: () => void): () => void;
}

/** Tracks whether the pool's server takes writes, as far as its connections have shown. */
function createServerTracker(findWritableServer: FindWritableServer | null, log: Logger): ServerTracker {
  const listeners = new Set<() => void>();
  let readOnlySince: number | null = null;
  let writableAt = Number.NEGATIVE_INFINITY;
  let searchedAt = Number.NEGATIVE_INFINITY;
  let ongoingSearch: Promise<void> | null = null;
  let isPlanned = false;

  function notifyListeners(): void {
    for (const listener of listeners) listener();
  }

  function noteWritable(checkedAt: number): void {
    if (readOnlySince === null || checkedAt < readOnlySince) return;
    readOnlySince = null;
    writableAt = performance.now();
    log.info('the database takes writes again');
    notifyListeners();
  }

  async function runSearch(find: FindWritableServer, startedAt: number): Promise<void> {
    try {
      if (await find()) noteWritable(startedAt);
    } catch {
      // No host is reachable, or none has the wanted state: the next request searches again.
    }
    ongoingSearch = null;
  }

  function search(): Promise<void> | null {
    if (findWritableServer === null || ongoingSearch !== null) return ongoingSearch;
    const now = performance.now();
    const waitMs = searchedAt + searchIntervalMs - now;
    if (waitMs > 0) {
      // Nobody may ask again: the primary process hardly uses the database.
      if (!isPlanned) setTimeout(searchIfReadOnly, waitMs).unref();
      isPlanned = true;
      return null;
    }
    searchedAt = now;
    ongoingSearch = runSearch(findWritableServer, now);
    return ongoingSearch;
  }

  function searchIfReadOnly(): void {
    isPlanned = false;
    if (readOnlySince !== null) search();
  }

  return {
    noteReadOnly() {
      if (findWritableServer === null) return;
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
    onServerChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** @param findWritableServer null for the pool of a replica, whose connections are always read-only */
export function createFailover(findWritableServer: FindWritableServer | null, log: Logger): Failover {
  const states = new WeakMap<pg.PoolClient, ConnectionState>();
  const tracker = createServerTracker(findWritableServer, log);
  let currentServer: string | undefined;
  let lostAt = Number.NEGATIVE_INFINITY;

  function record(client: pg.PoolClient, state: ConnectionState): void {
    states.set(client, state);
    if (state.isReadOnly) tracker.noteReadOnly();
    else tracker.noteWritable(state.checkedAt);
  }

  /** Whether the state is older than the proof of a writable server: a read-only connection is then closed. */
  const isOutdated = ({ checkedAt }: ConnectionState) => checkedAt < tracker.writableAt();
  const needsProbe = (state: ConnectionState) =>
    state.needsCheck === true ||
    state.checkedAt <= lostAt ||
    performance.now() - state.checkedAt >= maxStateAgeMs ||
    isOutdated(state) ||
    state.checkedAt < (tracker.readOnlySince() ?? Number.NEGATIVE_INFINITY);

  async function probe(client: pg.PoolClient, previous: ConnectionState | undefined): Promise<boolean> {
    const checkedAt = performance.now();
    try {
      const { rows } = await client.query<Pick<ConnectionState, 'isReadOnly'>>(readOnlyQuery);
      const isReadOnly = rows[0]?.isReadOnly === true;
      if (isReadOnly && previous !== undefined && isOutdated(previous)) return false;
      record(client, { isReadOnly, checkedAt });
      // A standby was promoted: the old connection is closed, and a new one reads the new server's state.
      return isReadOnly || previous?.isReadOnly !== true;
    } catch {
      return false;
    }
  }

  return {
    noteOpened(client, { isReadOnly, startedAt }, openedAt) {
      const state = { isReadOnly, checkedAt: openedAt };
      if (isReadOnly && isOutdated(state)) {
        states.set(client, state);
        return;
      }
      const isOtherServer = currentServer !== undefined && currentServer !== startedAt;
      currentServer = startedAt;
      record(client, state);
      if (isOtherServer) tracker.notifyListeners();
    },
    noteLost() {
      lostAt = performance.now();
    },
    noteReadOnlyError(client) {
      const previous = states.get(client);
      if (previous !== undefined && isOutdated(previous))
        states.set(client, { ...previous, isReadOnly: true });
      else record(client, { isReadOnly: true, checkedAt: performance.now(), needsCheck: true });
    },
    async validate(client) {
      const previous = states.get(client);
      if (previous?.isReadOnly && isOutdated(previous)) return false;
      if ((previous === undefined || needsProbe(previous)) && !(await probe(client, previous))) return false;
      const current = states.get(client);
      if (current?.isReadOnly !== true) return true;
      const ongoingSearch = tracker.search();
      if (ongoingSearch !== null)
        await Promise.race([ongoingSearch, sleep(searchWaitMs, undefined, { ref: false })]);
      return !isOutdated(current);
    },
    isCurrentServer: ({ startedAt }) => startedAt === currentServer,
    readOnlySince: tracker.readOnlySince,
    onServerChange: tracker.onServerChange,
  };
}
