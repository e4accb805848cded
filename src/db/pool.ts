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
import { isDirect, noteDirect, queryPrepared } from './prepared.ts';
import type { Database, Db } from './schema.ts';

/** Contract, "Limits": a statement gets 30 s from the server; the client gives up a second later. */
export const statementTimeoutMs = 30_000;
const defaultQueryTimeoutMs = statementTimeoutMs + 1_000;
const connectTimeoutMs = 2_000;
/** A connection idle for longer is asked whether it still lives before it is handed out. */
const checkAfterIdleMs = 1_000;
const maxLifetimeSeconds = 1_800;
const idleTimeoutMs = 10_000;

const limits = [
  `statement_timeout = ${statementTimeoutMs}`,
  'lock_timeout = 10000',
  'idle_in_transaction_session_timeout = 15000',
];
const begin = 'begin isolation level read committed';

/**
 * `set local` because the settings end with the transaction: behind a pooler in transaction mode the session belongs to
 * somebody else afterwards. One message, so that it costs no round trip of its own.
 */
const beginWithLimits = [begin, ...limits.map((limit) => `set local ${limit}`)].join('; ');
/** The form that the driver reads times in, whatever server, database or role prefer. A pooler keeps it for its client. */
const setDates = "set datestyle = 'ISO'";
/** A single statement is a transaction too, and waits for locks as one that is begun. */
const setSession = [
  ...[...limits, "default_transaction_isolation = 'read committed'"].map((setting) => `set ${setting}`),
  setDates,
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

const dateOid = 1082;
const int8Oid = 20;
const textArrayOid: number = 1009;

const parseAnyTextArray = pg.types.getTypeParser(textArrayOid, 'text');

/** The driver's own goes through it character by character, which is much for the tags of a list. */
function parseTextArray(text: string): unknown {
  // Quotes, a dimension or NULL: whatever is not plain.
  if (/["[\\]|NULL|[{].*[{]/i.test(text)) return parseAnyTextArray(text);
  return text === '{}' ? [] : text.slice(1, -1).split(',');
}

/** Dates stay text (a JS Date would move them with the time zone); int8 becomes bigint (a number would round it). */
const types: pg.CustomTypesConfig = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    if (oid === dateOid) return String;
    if (oid === int8Oid) return BigInt;
    if (oid === textArrayOid) return parseTextArray;
    return pg.types.getTypeParser(oid, format === 'binary' ? 'binary' : 'text');
  },
};

/**
 * Connection settings from a URL. `sslmode` weaker than `verify-full` still verifies the certificate: it is what the
 * driver does with them today, said aloud. `no-verify` and `disable` are taken as written.
 */
export function connectionFromUrl(url: string): pg.ClientConfig {
  const parsed = new URL(url);
  if (['prefer', 'require', 'verify-ca'].includes(parsed.searchParams.get('sslmode') ?? '')) {
    parsed.searchParams.set('sslmode', 'verify-full');
  }
  return { connectionString: parsed.href };
}

export interface PoolOptions {
  connection: pg.ClientConfig;
  /** Most connections at a time. */
  max: number;
  log: Logger;
  /** How long this side waits for a statement; 0 waits for ever. */
  queryTimeoutMs?: number;
  /** Looks at each new connection; one that it rejects is closed, and whoever wanted it gets the error. */
  verify?: (client: pg.PoolClient) => Promise<void>;
}

/** A pool of checked and recycled connections under Kysely. `db.destroy()` closes it. */
export function createDb(options: PoolOptions): Db {
  const { connection, max, log, queryTimeoutMs = defaultQueryTimeoutMs, verify } = options;
  const pool = new pg.Pool({
    ...connection,
    max,
    types,
    application_name: 'duly pool',
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: queryTimeoutMs,
    idleTimeoutMillis: idleTimeoutMs,
    maxLifetimeSeconds,
    keepAlive: true,
    verify: (client, done) => {
      noteDirect(client)
        .then(() => client.query(isDirect(client) ? setSession : setDates))
        .then(() => (isDirect(client) ? ownSessions.add(db) : ownSessions.delete(db)))
        .then(() => verify?.(client))
        .then(() => done(), done);
    },
  });
  // Without a listener a lost connection ends the process: one for idle clients, one for those in use.
  const onError = (error: Error) => log.warn({ reason: error.message }, 'database connection lost');
  pool.on('error', onError);
  pool.on('connect', (client) => client.on('error', () => {}));
  const db: Db = new Kysely<Database>({ dialect: new Dialect({ pool: checked(pool) }) });
  pools.set(db, pool);
  return db;
}

const pools = new WeakMap<Db, pg.Pool>();
const ownSessions = new WeakSet<Db>();

/** Whether a statement that is not in a transaction has the limits and the isolation of one: not behind a pooler. */
export const hasOwnSessions = (db: Db): boolean => ownSessions.has(db);

/** How many connections there are, are idle and may be at most, and how many callers wait for one. */
export function poolUse(db: Db) {
  const pool = pools.get(db);
  return {
    total: pool?.totalCount ?? 0,
    idle: pool?.idleCount ?? 0,
    waiting: pool?.waitingCount ?? 0,
    max: pool?.options.max ?? 0,
  };
}

const ping = { text: 'select 1', query_timeout: connectTimeoutMs };

/** The pool as Kysely sees it, handing out only connections that answered lately: a server that slept or restarted shows no error. */
function checked(pool: pg.Pool): PostgresPool {
  const usedAt = new WeakMap<pg.PoolClient, number>();
  pool.on('release', (_error, client) => usedAt.set(client, performance.now()));
  return {
    Client: pg.Client,
    options: pool.options,
    end: () => pool.end(),
    async connect() {
      for (;;) {
        const client = await pool.connect();
        const idleSince = usedAt.get(client);
        if (idleSince === undefined || performance.now() - idleSince < checkAfterIdleMs)
          return preparing(client);
        try {
          await client.query(ping);
          return preparing(client);
        } catch {
          client.release(true);
        }
      }
    },
  };
}

const preparingClients = new WeakMap<pg.PoolClient, PostgresPoolClient>();

/** A client that prepares what it is often asked, and begins transactions as simply as may be. */
function preparing(client: pg.PoolClient): PostgresPoolClient {
  const known = preparingClients.get(client);
  if (known !== undefined) return known;
  // Its session is its own, and has the limits already.
  const plain = (text: string) => (text === beginWithLimits && isDirect(client) ? begin : text);
  const query = (text: string, values: readonly unknown[]) => queryPrepared(client, plain(text), values);
  const made: PostgresPoolClient = Object.create(client, { query: { value: query } });
  preparingClients.set(client, made);
  return made;
}
