import { CompiledQuery, PostgresDialect, type PostgresDialectConfig, PostgresDriver } from 'kysely';
import { isConnectionFailure } from './failures.ts';
import { throwOutcome } from './outcome.ts';
import { beginWithLimits } from './session.ts';

type Connection = Parameters<PostgresDriver['beginTransaction']>[0];

class Driver extends PostgresDriver {
  override async beginTransaction(connection: Connection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw(beginWithLimits));
  }
  override async commitTransaction(connection: Connection): Promise<void> {
    await super.commitTransaction(connection).catch(throwOutcome);
  }
  override async rollbackTransaction(
    connection: Parameters<PostgresDriver['rollbackTransaction']>[0],
  ): Promise<void> {
    await super.rollbackTransaction(connection).catch((error: unknown) => {
      // The server rolls back when it misses its client. The error that caused the rollback says more.
      if (!isConnectionFailure(error)) throw error;
    });
  }
}

/** Transactions begin with the limits of a session, and a lost commit is told apart from a failed one. */
export class Dialect extends PostgresDialect {
  readonly #config: PostgresDialectConfig;
  constructor(config: PostgresDialectConfig) {
    super(config);
    this.#config = config;
  }
  override createDriver(): PostgresDriver {
    return new Driver(this.#config);
  }
}
