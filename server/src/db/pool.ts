import {
  CompiledQuery,
  Kysely,
  PostgresDialect,
  type PostgresDialectConfig,
  PostgresDriver,
  type PostgresPool,
  type PostgresPoolClient,
} from 'kysely';
import pg from 'pg';
import type { Logger } from 'pino';
import { parseDatabaseUrl } from '../config/database-url.ts';
import { createFailover, type Failover } from './failover.ts';
import { recordFailure } from './failure-record.ts';
import { isReadOnlyError } from './failures.ts';
import { createHostSelector, type DatabaseConnection, type HostSelector, NoHostError } from './hosts.ts';
import { connectTimeoutMs, inspectServer, type ServerState, serverStateQuery } from './inspect-server.ts';
import { isDirect, markIfDirect, queryPrepared } from './prepared.ts';
import type { Database, Db } from './schema.ts';
import { types } from './types.ts';

/** The server ends a statement after 30 s (docs/operations/limits.md); the client gives up a second later. */
export const statementTimeoutMs = 30_000;
const defaultQueryTimeoutMs = statementTimeoutMs + 1_000;
const maxLifetimeSeconds = 1_800;
const idleTimeoutMs = 10_000;

const sessionLimits = [
  `statement_timeout = ${statementTimeoutMs}`,
  'lock_timeout = 10000',
  'idle_in_transaction_session_timeout = 15000',
];
const beginStatement = 'begin isolation level read committed';

/**
 * `set local` because the settings end with the transaction: behind a pooler in transaction mode the session belongs to
 * somebody else afterwards. One message, so that it costs no round trip of its own.
 */
const beginWithLimits = [beginStatement, ...sessionLimits.map((limit) => `set local ${limit}`)].join('; ');
/**
 * The form that the driver reads times in, whatever server, database or role prefer. A pooler keeps it for its client.
 */
const setDateStyle = "set datestyle = 'ISO'";
/** A single statement is a transaction too, and waits for locks as one that is begun. */
const setSession = [
  ...[...sessionLimits, "default_transaction_isolation = 'read committed'"].map(
    (setting) => `set ${setting}`,
  ),
  setDateStyle,
].join('; ');

class Driver extends PostgresDriver {
  override async beginTransaction(
    connection: Parameters<PostgresDriver['beginTransaction']>[0],
  ): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw(beginWithLimits));
  }
}

class Dialect extends PostgresDialect {
  readonly #config: PostgresDialectConfig;
  constructor(config: PostgresDialectConfig) {
    super(config);
    this.#config = config;
  }
  override createDriver(): PostgresDriver {
    return new Driver(this.#config);
  }
}

/**
 * Connection settings from a URL. `sslmode` weaker than `verify-full` still verifies the certificate: it is what the
 * driver does with them today, said aloud. `no-verify` and `disable` are taken as written.
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
  /** Most connections at a time. */
  max: number;
  log: Logger;
  /** How long this side waits for a statement; 0 waits for ever. */
  queryTimeoutMs?: number;
  /** Its server takes no writes by its nature. */
  isReplica?: boolean;
  /** Looks at each new connection; one that it rejects is closed, and whoever wanted it gets the error. */
  verify?: (client: pg.PoolClient) => Promise<void>;
}

/** A pool of checked and recycled connections under Kysely. `db.destroy()` closes it. */
export function createDb(options: PoolOptions): Db {
  const { connection, max, log, queryTimeoutMs = defaultQueryTimeoutMs, isReplica = false, verify } = options;
  const isWritableServerUp = async () =>
    !(await inspectServer(await createHostSelector(connection).select())).isReadOnly;
  const failover = createFailover(isReplica ? null : isWritableServerUp, log);
  const hosts = createHostSelector(connection, failover.isCurrentServer);
  failover.listener(hosts.reset);
  const { otherHosts: _, target: __, ...first } = connection;
  const pool = new pg.Pool({
    ...first,
    Client: clientClassFor(hosts),
    max,
    types,
    application_name: 'duly pool',
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: queryTimeoutMs,
    idleTimeoutMillis: idleTimeoutMs,
    maxLifetimeSeconds,
    keepAlive: true,
    verify: (client, done) => {
      initializeClient(client, hosts, failover)
        .then(() => (isDirect(client) ? directPools.add(db) : directPools.delete(db)))
        .then(() => verify?.(client))
        .then(() => done(), done);
    },
  });
  // Without a listener a lost connection ends the process: one for idle clients, one for those in use.
  const onError = (error: Error) => log.warn({ reason: error.message }, 'database connection lost');
  pool.on('error', onError);
  pool.on('connect', (client) => client.on('error', () => {}));
  const db: Db = new Kysely<Database>({
    dialect: new Dialect({ pool: validatedPool(pool, hosts, failover) }),
  });
  pools.set(db, { pool, failover });
  return db;
}

/** The driver knows one host: a client connects to the one that was chosen last. */
const clientClassFor = (hosts: HostSelector) =>
  hosts.isFixed
    ? pg.Client
    : class extends pg.Client {
        constructor(config: pg.ClientConfig) {
          super({ ...config, ...hosts.selected() });
        }
      };

async function initializeClient(
  client: pg.PoolClient,
  hosts: HostSelector,
  failover: Failover,
): Promise<void> {
  const { rows } = await client.query<ServerState & { pid: number }>(serverStateQuery);
  const [server] = rows;
  if (server === undefined) throw new Error('no answer to a question that always has one');
  if (!hosts.isAcceptable(server)) {
    hosts.reset();
    throw new NoHostError('the host is not what is wanted any more');
  }
  markIfDirect(client, server.pid);
  failover.noteOpened(client, server);
  await client.query(isDirect(client) ? setSession : setDateStyle);
}

const pools = new WeakMap<Db, { pool: pg.Pool; failover: Failover }>();
const directPools = new WeakSet<Db>();

/** Whether a statement that is not in a transaction has the limits and the isolation of one: not behind a pooler. */
export const hasDirectSessions = (db: Db): boolean => directPools.has(db);

/** How many connections there are, are idle and may be at most, and how many callers wait for one. */
export function poolStats(db: Db) {
  const pool = pools.get(db)?.pool;
  return {
    total: pool?.totalCount ?? 0,
    idle: pool?.idleCount ?? 0,
    waiting: pool?.waitingCount ?? 0,
    max: pool?.options.max ?? 0,
  };
}

/**
 * For how long the pool's server has been read-only, as far as its connections have shown; null while it takes writes.
 */
export function readOnlyForMs(db: Db): number | null {
  const since = pools.get(db)?.failover.readOnlySince() ?? null;
  return since === null ? null : performance.now() - since;
}

/**
 * Calls `hear` whenever new connections may lead to another server than before, until the returned function is called.
 */
export const onServerChange = (db: Db, listener: () => void): (() => void) =>
  pools.get(db)?.failover.listener(listener) ?? (() => undefined);

/**
 * The pool as Kysely sees it, handing out only connections that answered lately: a server that slept or restarted shows
 * no error.
 */
function validatedPool(pool: pg.Pool, hosts: HostSelector, failover: Failover): PostgresPool {
  async function connect(): Promise<PostgresPoolClient> {
    for (;;) {
      if (!hosts.isFixed && pool.idleCount === 0 && pool.totalCount < pool.options.max) await hosts.select();
      const client = await pool.connect();
      if (await failover.validate(client)) return withPreparedStatements(client, failover);
      client.release(true);
    }
  }
  return {
    Client: pg.Client,
    options: pool.options,
    end: () => pool.end(),
    connect: () =>
      connect().catch((error: unknown) => {
        hosts.reset();
        recordFailure(error);
        throw error;
      }),
  };
}

const clientWrappers = new WeakMap<pg.PoolClient, PostgresPoolClient>();

/** A client that prepares what it is often asked, and begins transactions as simply as may be. */
function withPreparedStatements(client: pg.PoolClient, failover: Failover): PostgresPoolClient {
  const known = clientWrappers.get(client);
  if (known !== undefined) return known;
  // Its session is its own, and has the limits already.
  const plain = (text: string) => (text === beginWithLimits && isDirect(client) ? beginStatement : text);
  const query = async (text: string, values: readonly unknown[]) => {
    try {
      return await queryPrepared(client, plain(text), values);
    } catch (error) {
      if (isReadOnlyError(error)) failover.noteReadOnlyError(client);
      recordFailure(error);
      throw error;
    }
  };
  const made: PostgresPoolClient = Object.create(client, { query: { value: query } });
  clientWrappers.set(client, made);
  return made;
}
