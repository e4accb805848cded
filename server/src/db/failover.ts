import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { Logger } from 'pino';
import { connectTimeoutMs, type ServerState } from './client.ts';

/** How old what is known of a connection may be when it is handed out. */
const checkAfterMs = 1_000;
/** While the server is read-only another one is looked for as often as this, as long as somebody asks. */
const seekEveryMs = 1_000;
/** How long whoever gets a read-only connection waits for a search that is under way: mostly it takes less. */
const seekPatienceMs = 100;

/** Whether the server is read-only, outside of a transaction; it says too that a connection lives. */
const check = {
  text: `select current_setting('transaction_read_only') = 'on' as "isReadOnly"`,
  query_timeout: connectTimeoutMs,
};

interface Known {
  isReadOnly: boolean;
  checkedAt: number;
  /** A statement was refused since: the session may take writes again by now. */
  isSuspect?: boolean;
}

/**
 * Follows the primary to another server. A server that was demoted answers `select 1` and every read, so connections to
 * it would stay in the pool for ever. What is known of each is never older than a second when it is handed out; from
 * the first that is read-only on, all are suspect. Read-only ones are used for reads until another server is proven to
 * take writes.
 */
export interface Failover {
  /** To be called for each new connection. */
  opened(client: pg.PoolClient, server: ServerState): void;
  /** To be called when a statement was refused because its server is read-only (SQLSTATE 25006). */
  refused(client: pg.PoolClient): void;
  /** @returns whether a connection may be handed out: it answers, and there is nothing better. */
  admit(client: pg.PoolClient): Promise<boolean>;
  /** Whether this is the run of a server that the newest connections lead to. */
  isHome(server: ServerState): boolean;
  /** Since when the server is read-only, on the clock of `performance.now()`; null while it takes writes. */
  readOnlySince(): number | null;
  /**
   * Calls `hear` whenever other connections may lead to another server than before, until the returned function is
   * called.
   */
  onChange(hear: () => void): () => void;
}

/** Whether a connection that is opened anew, beside the pool, leads to a server that takes writes. */
type Seek = () => Promise<boolean>;

interface Standing {
  /** A connection is read-only. */
  meet(): void;
  /** A connection that was asked then takes writes; what was asked before the first refusal may be outdated. */
  prove(askedAt: number): void;
  /** Looks for a server that takes writes, if that was not done just now. @returns the search that is under way. */
  look(): Promise<void> | null;
  change(): void;
  readOnlySince(): number | null;
  provenAt(): number;
  onChange(hear: () => void): () => void;
}

/** Whether there is a server that takes writes, as far as the connections of a pool have shown. */
function createStanding(seek: Seek | null, log: Logger): Standing {
  const hearers = new Set<() => void>();
  let readOnlySince: number | null = null;
  let provenAt = Number.NEGATIVE_INFINITY;
  let soughtAt = Number.NEGATIVE_INFINITY;
  let seeking: Promise<void> | null = null;

  function change(): void {
    for (const hear of hearers) hear();
  }

  function prove(askedAt: number): void {
    if (readOnlySince === null || askedAt < readOnlySince) return;
    readOnlySince = null;
    provenAt = performance.now();
    log.info('the database takes writes again');
    change();
  }

  async function search(find: Seek, begin: number): Promise<void> {
    try {
      if (await find()) prove(begin);
    } catch {
      // No host can be reached, or none is what is wanted: there will be another search.
    }
    seeking = null;
  }

  function look(): Promise<void> | null {
    const now = performance.now();
    if (seek !== null && seeking === null && now - soughtAt >= seekEveryMs) {
      soughtAt = now;
      seeking = search(seek, now);
    }
    return seeking;
  }

  return {
    meet() {
      if (seek === null) return;
      if (readOnlySince === null) {
        readOnlySince = performance.now();
        log.warn('the database is read-only: writes are refused until a server takes them');
        change();
      }
      look();
    },
    prove,
    look,
    change,
    readOnlySince: () => readOnlySince,
    provenAt: () => provenAt,
    onChange(hear) {
      hearers.add(hear);
      return () => hearers.delete(hear);
    },
  };
}

/** @param seek null for the pool of a replica, whose connections are read-only by their nature */
export function createFailover(seek: Seek | null, log: Logger): Failover {
  const known = new WeakMap<pg.PoolClient, Known>();
  const standing = createStanding(seek, log);
  let home: string | undefined;

  function note(client: pg.PoolClient, one: Known): void {
    known.set(client, one);
    if (one.isReadOnly) standing.meet();
    else standing.prove(one.checkedAt);
  }

  /** Whether it was last looked at before a server was proven to take writes: a read-only one is of no use then. */
  const isOutdated = ({ checkedAt }: Known) => checkedAt < standing.provenAt();
  const isDue = (one: Known) =>
    one.isSuspect === true ||
    performance.now() - one.checkedAt >= checkAfterMs ||
    isOutdated(one) ||
    one.checkedAt < (standing.readOnlySince() ?? Number.NEGATIVE_INFINITY);

  async function lives(client: pg.PoolClient, before: Known | undefined): Promise<boolean> {
    const askedAt = performance.now();
    try {
      const { rows } = await client.query<Pick<Known, 'isReadOnly'>>(check);
      const isReadOnly = rows[0]?.isReadOnly === true;
      if (isReadOnly && before !== undefined && isOutdated(before)) return false;
      note(client, { isReadOnly, checkedAt: askedAt });
      // A standby that was promoted: a new connection looks at the server that it is now.
      return isReadOnly || before?.isReadOnly !== true;
    } catch {
      return false;
    }
  }

  return {
    opened(client, { isReadOnly, startedAt }) {
      const isElsewhere = home !== undefined && home !== startedAt;
      home = startedAt;
      note(client, { isReadOnly, checkedAt: performance.now() });
      if (isElsewhere) standing.change();
    },
    refused(client) {
      const before = known.get(client);
      if (before !== undefined && isOutdated(before)) known.set(client, { ...before, isReadOnly: true });
      else note(client, { isReadOnly: true, checkedAt: performance.now(), isSuspect: true });
    },
    async admit(client) {
      const before = known.get(client);
      if (before?.isReadOnly && isOutdated(before)) return false;
      if ((before === undefined || isDue(before)) && !(await lives(client, before))) return false;
      const now = known.get(client);
      if (now?.isReadOnly !== true) return true;
      const seeking = standing.look();
      if (seeking !== null) await Promise.race([seeking, sleep(seekPatienceMs, undefined, { ref: false })]);
      return !isOutdated(now);
    },
    isHome: ({ startedAt }) => startedAt === home,
    readOnlySince: standing.readOnlySince,
    onChange: standing.onChange,
  };
}
