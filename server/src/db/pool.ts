import { Kysely } from 'kysely';
import pg from 'pg';
import type { Logger } from 'pino';
import { parseDatabaseUrl } from '../config/database-url.ts';
import { keepBinaryRows } from './byte-rows.ts';
import { createCheckedPool } from './checked-pool.ts';
import type { CircuitBreaker } from './circuit-breaker.ts';
import { Dialect } from './dialect.ts';
import { createFailover, type Failover } from './failover.ts';
import { createHostSelector, type DatabaseConnection, type HostSelector, NoHostError } from './hosts.ts';
import { connectTimeoutMs, inspectServer, type ServerState, serverStateQuery } from './inspect-server.ts';
import { createPoolGuard, noGuard, type PoolGuard } from './pool-guard.ts';
import { isDirect, markIfDirect } from './prepared.ts';
import { createReadLanes, type ReadLanes } from './read-lanes.ts';
import type { Database, Db } from './schema.ts';
import { setDateStyle, setSession, statementTimeoutMs } from './session.ts';
import { markIfCluster } from './shards.ts';
import { typeParsers } from './types.ts';

/** The client gives up a second after the server would have cancelled the statement. */
const defaultQueryTimeoutMs = statementTimeoutMs + 1_000;
const maxLifetimeSeconds = 1_800;
const idleTimeoutMs = 10_000;
/** After so long without data the kernel asks whether the other side is still there. */
const keepAliveDelayMs = 10_000;

/**
 * Connection settings from a URL. A `sslmode` weaker than `verify-full` still verifies the certificate, as the driver
 * does by default. `no-verify` and `disable` keep their meaning.
 * @throws Error if the URL is invalid
 */
export function connectionFromUrl(text: string): DatabaseConnection {
  const { urls, target } = parseDatabaseUrl(text, (got) => {
    throw new Error(`a database URL is ${got}`);
  });
  const [first, ...others] = urls.map(toConfig);
  return {
    ...first,
    ...(others.length === 0 ? {} : { otherHosts: others }),
    ...(target === 'any' ? {} : { target }),
  };
}

function toConfig(url: URL): pg.ClientConfig {
  if (['prefer', 'require', 'verify-ca'].includes(url.searchParams.get('sslmode') ?? ''))
    url.searchParams.set('sslmode', 'verify-full');
  return { connectionString: url.href };
}

export interface PoolOptions {
  connection: DatabaseConnection;
  /** Maximum number of connections. */
  max: number;
  log: Logger;
  /** How long the client waits for a statement, in ms; 0 for no limit. */
  queryTimeoutMs?: number;
  /** The server is a replica, so read-only connections are expected. */
  isReplica?: boolean;
  /** Checks each new connection. If it rejects, the connection is closed, and `connect` fails with the error. */
  verify?: (client: pg.PoolClient) => Promise<void>;
}

/** A Kysely instance over a pool that validates and recycles its connections. `db.destroy()` closes the pool. */
export function createDb(options: PoolOptions): Db {
  const { connection, max, log, queryTimeoutMs = defaultQueryTimeoutMs, isReplica = false, verify } = options;
  const isWritableServerUp = async () =>
    !(await inspectServer(await createHostSelector(connection).select())).isReadOnly;
  const failover = createFailover(isReplica ? null : isWritableServerUp, log);
  const hosts = createHostSelector(connection, failover.isCurrentServer);
  failover.onServerChange(hosts.reset);
  const guard = isReplica || queryTimeoutMs === 0 ? noGuard : createPoolGuard(connection, log);
  const { otherHosts: _, target: __, ...first } = connection;
  const pool = new pg.Pool({
    ...first,
    Client: clientClassFor(hosts, guard.silence),
    max,
    types: typeParsers,
    application_name: 'duly pool',
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: queryTimeoutMs,
    idleTimeoutMillis: idleTimeoutMs,
    maxLifetimeSeconds,
    keepAlive: true,
    keepAliveInitialDelayMillis: keepAliveDelayMs,
    pipeline: true,
    verify: (client, done) => {
      initializeClient(client, hosts, failover)
        .then(() => (isDirect(client) ? directPools.add(db) : directPools.delete(db)))
        .then(() => verify?.(client))
        .finally(() => guard.silence.end(client))
        .then(() => done(), done);
    },
  });
  // Without a listener a lost connection ends the process: one for idle clients, one for clients in use.
  const onError = (error: Error) => log.warn({ reason: error.message }, 'database connection lost');
  pool.on('error', onError);
  pool.on('connect', (client) => client.on('error', failover.noteLost));
  const checked = createCheckedPool({ pool, hosts, failover, guard });
  const db: Db = new Kysely<Database>({ dialect: new Dialect({ pool: checked.forKysely }) });
  const lanes = createReadLanes({
    connect: checked.connect,
    silence: guard.silence,
    onLost: failover.noteLost,
    isContended: (ownCount) => pool.waitingCount > ownCount,
    timeoutMs: queryTimeoutMs,
  });
  pools.set(db, { pool, failover, lanes, breaker: guard.breaker });
  return db;
}

/** When the host of a client was chosen, in ms of `performance.now()`. */
const openedAt = new WeakMap<pg.Client, number>();

/** pg.Pool has one host: each new client takes the settings of the host selected last. */
const clientClassFor = (hosts: HostSelector, silence: PoolGuard['silence']) =>
  class extends pg.Client {
    constructor(config: pg.ClientConfig = {}) {
      super(hosts.isFixed ? config : { ...config, ...hosts.selected() });
      openedAt.set(this, performance.now());
      keepBinaryRows(this.connection);
      // Until it is verified.
      silence.begin(this);
      this.once('end', () => silence.end(this));
    }
  };

async function initializeClient(
  client: pg.PoolClient,
  hosts: HostSelector,
  failover: Failover,
): Promise<void> {
  const { rows } = await client.query<ServerState & { pid: number; hasShards: boolean }>(serverStateQuery);
  const [server] = rows;
  if (server === undefined) throw new Error('the query of the server state returned no row');
  if (!hosts.isAcceptable(server)) {
    hosts.reset();
    throw new NoHostError('the host is not what is wanted any more');
  }
  markIfDirect(client, server.pid);
  markIfCluster(client, server.hasShards);
  failover.noteOpened(client, server, openedAt.get(client) ?? performance.now());
  await client.query(isDirect(client) ? setSession : setDateStyle);
}

const pools = new WeakMap<
  Db,
  { pool: pg.Pool; failover: Failover; lanes: ReadLanes; breaker: CircuitBreaker }
>();
const directPools = new WeakSet<Db>();

/** Whether a statement outside a transaction has the session's limits and isolation: false through a pooler. */
export const hasDirectSessions = (db: Db): boolean => directPools.has(db);

/** Null through a pooler, and in a transaction. */
export const readLanesOf = (db: Db): ReadLanes | null =>
  hasDirectSessions(db) ? (pools.get(db)?.lanes ?? null) : null;

/** Numbers of open and idle connections, of callers that wait for one, and the maximum of connections. */
export function poolStats(db: Db) {
  const pool = pools.get(db)?.pool;
  return {
    total: pool?.totalCount ?? 0,
    idle: pool?.idleCount ?? 0,
    waiting: pool?.waitingCount ?? 0,
    max: pool?.options.max ?? 0,
  };
}

/** Whether requests are refused because the database does not answer, and how often that began. */
export const breakerStats = (db: Db): { isOpen: boolean; openings: number } =>
  pools.get(db)?.breaker.stats() ?? { isOpen: false, openings: 0 };

/** How many ms the pool's server has been read-only, as far as its connections show; null while it is not. */
export function readOnlyForMs(db: Db): number | null {
  const since = pools.get(db)?.failover.readOnlySince() ?? null;
  return since === null ? null : performance.now() - since;
}

/** Calls `listener` whenever new connections may lead to another server. @returns the function that unsubscribes it */
export const onServerChange = (db: Db, listener: () => void): (() => void) =>
  pools.get(db)?.failover.onServerChange(listener) ?? (() => undefined);
