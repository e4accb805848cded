import { CompiledQuery } from 'kysely';
import { clearFailure } from './failure-record.ts';
import { isSerializationFailure, isUnavailableError } from './failures.ts';
import { throwOutcome } from './outcome.ts';
import { hasDirectSessions } from './pool.ts';
import type { Db, Tx } from './schema.ts';
import { nextIsTransaction } from './transaction-message.ts';

const maxAttempts = 3;
/** After that, another attempt to get a connection would let the caller wait for too long. */
const maxConnectingMs = 1_000;

/** Returned by the work of a transaction in place of its result: everything is rolled back, `value` is the result. */
export class Rollback<T> {
  readonly value: T;
  constructor(value: T) {
    this.value = value;
  }
}

/**
 * Runs `work` in one transaction (READ COMMITTED). Makes at most 3 attempts: after a serialization failure, a deadlock,
 * or a connection that failed before `work` began. So `work` must have no effect outside the database.
 */
export const inTransaction = <T>(db: Db, work: (tx: Tx) => Promise<T | Rollback<T>>): Promise<T> =>
  withRetries(
    async (tx: Tx) => {
      const outcome = await work(tx);
      // Kysely rolls back only when its callback throws.
      if (outcome instanceof Rollback) throw outcome;
      return outcome;
    },
    (begin) => db.transaction().execute(begin),
  );

/** One connection, held for a few statements. */
export interface Connection {
  /** For statements that only read, each its own transaction. */
  handle: Db;
  /**
   * Runs one statement as its own transaction. Through a pooler it is an explicit one, because only that has the limits
   * and the isolation, and still one round trip.
   */
  autocommit<T>(statement: (handle: Db) => Promise<T>): Promise<T>;
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
}

/**
 * Runs `work` on one connection, with the attempts of `inTransaction`. A connection lost after a statement was sent is
 * an error: the statement may have been executed.
 */
export const onConnection = <T>(db: Db, work: (connection: Connection) => Promise<T>): Promise<T> =>
  withRetries(
    (handle: Db) => {
      const transaction: Connection['transaction'] = (statements) => handle.transaction().execute(statements);
      const autocommit: Connection['autocommit'] = async (statement) => {
        if (!hasDirectSessions(db)) await handle.executeQuery(CompiledQuery.raw(nextIsTransaction));
        return statement(handle).catch(throwOutcome);
      };
      return work({ handle, transaction, autocommit });
    },
    (begin) => db.connection().execute(begin),
  );

async function withRetries<H, T>(
  work: (handle: H) => Promise<T>,
  run: (begin: (handle: H) => Promise<T>) => Promise<T>,
): Promise<T> {
  const startedAt = performance.now();
  for (let attempt = 1; ; attempt += 1) {
    let begun = false;
    try {
      return await run((handle) => {
        begun = true;
        return work(handle);
      });
    } catch (error) {
      if (error instanceof Rollback) return error.value as T;
      const mayConnect = !begun && performance.now() - startedAt < maxConnectingMs;
      const retry = isSerializationFailure(error) || (mayConnect && isUnavailableError(error));
      if (!retry || attempt === maxAttempts) throw error;
      clearFailure();
    }
  }
}
