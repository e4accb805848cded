import type { PoolClient, QueryResult, QueryResultRow } from 'pg';
import { beginWithLimits } from './session.ts';
import { atShard } from './shards.ts';

/** Not SQL: a connection of the pool sends the statement after it by `queryAsTransaction`. */
export const nextIsTransaction = '/* the next statement is a transaction */';

/**
 * Runs one statement between `begin` and `commit`, in one round trip: the driver pipelines. After an error of the
 * statement the server makes a rollback of the commit.
 * @throws the first error of the three
 */
export async function queryAsTransaction<Row extends QueryResultRow>(
  client: PoolClient,
  text: string,
  values: readonly unknown[],
): Promise<QueryResult<Row>> {
  const sent = atShard(client, text, values);
  const { stream } = client.connection;
  stream.cork();
  const begun = client.query(beginWithLimits);
  const done = client.query<Row>(sent.text, [...sent.values]);
  const ended = client.query('commit');
  stream.uncork();
  // All have ended before the connection goes back to the pool.
  const outcomes = await Promise.allSettled([begun, done, ended]);
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  return done;
}
