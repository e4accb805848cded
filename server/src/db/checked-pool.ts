import type { PostgresPool, PostgresPoolClient } from 'kysely';
import pg from 'pg';
import { serviceUnavailable } from '../platform/errors.ts';
import { statementTraces } from '../platform/traces.ts';
import type { Failover } from './failover.ts';
import { recordFailure } from './failure-record.ts';
import { isLostConnection, isReadOnlyError } from './failures.ts';
import type { HostSelector } from './hosts.ts';
import type { PoolGuard } from './pool-guard.ts';
import { isDirect, queryPrepared } from './prepared.ts';
import { beginStatement, beginWithLimits } from './session.ts';
import { nextIsTransaction, queryAsTransaction } from './transaction-message.ts';

/** More callers than these do not wait for a connection: they would wait in vain. */
const maxWaiting = 1_000;

interface Parts {
  pool: pg.Pool;
  hosts: HostSelector;
  failover: Failover;
  guard: PoolGuard;
}

/**
 * The pool as Kysely sees it. It hands out only connections that were validated within the last second. The driver
 * reports no error for a server that slept or restarted. While the circuit breaker is open, it hands out none.
 */
export function createCheckedPool({ pool, hosts, failover, guard }: Parts) {
  const { breaker, silence } = guard;

  async function validate(client: pg.PoolClient): Promise<boolean> {
    silence.begin(client);
    const isValid = await failover.validate(client);
    silence.end(client);
    return isValid;
  }

  async function connectOnce(): Promise<pg.PoolClient> {
    for (;;) {
      if (!hosts.isFixed && pool.idleCount === 0 && pool.totalCount < pool.options.max) await hosts.select();
      const client = await pool.connect();
      if (await validate(client)) return client;
      client.release(true);
      breaker.check();
    }
  }

  async function connect(): Promise<pg.PoolClient> {
    breaker.check();
    if (pool.waitingCount >= maxWaiting) throw serviceUnavailable();
    const connecting = connectOnce();
    try {
      const client = await breaker.race(connecting);
      breaker.noteConnected();
      return client;
    } catch (error) {
      // The breaker may have opened first.
      connecting.then(
        (client) => client.release(),
        () => undefined,
      );
      hosts.reset();
      breaker.noteFailure(error);
      recordFailure(error);
      throw error;
    }
  }

  const forKysely: PostgresPool = {
    Client: pg.Client,
    options: pool.options,
    async end() {
      breaker.end();
      await pool.end();
    },
    connect: async () => withPreparedStatements(await connect(), failover, silence),
  };
  return { connect, forKysely };
}

const nothing = { command: '', rowCount: 0, rows: [], fields: [], oid: 0 };

const clientWrappers = new WeakMap<pg.PoolClient, PostgresPoolClient>();

/** Prepares a client's frequent statements, and begins transactions without limits if the session has them. */
function withPreparedStatements(
  client: pg.PoolClient,
  failover: Failover,
  silence: PoolGuard['silence'],
): PostgresPoolClient {
  const existing = clientWrappers.get(client);
  if (existing !== undefined) return existing;
  // A direct session already has the limits.
  const adapt = (text: string) => (text === beginWithLimits && isDirect(client) ? beginStatement : text);
  let isTransaction = false;
  const query = async (text: string, values: readonly unknown[]) => {
    const run = isTransaction ? queryAsTransaction : queryPrepared;
    isTransaction = text === nextIsTransaction;
    if (isTransaction) return nothing;
    silence.begin(client);
    try {
      return await statementTraces.tracePromise(() => run(client, adapt(text), values), { text });
    } catch (error) {
      if (isReadOnlyError(error)) failover.noteReadOnlyError(client);
      if (isLostConnection(error)) failover.noteLost();
      recordFailure(error);
      throw error;
    } finally {
      silence.end(client);
    }
  };
  const wrapper: PostgresPoolClient = Object.create(client, { query: { value: query } });
  clientWrappers.set(client, wrapper);
  return wrapper;
}
