import { sql } from 'kysely';
import { poolStats } from '../../src/db/pool.ts';
import type { Db } from '../../src/db/schema.ts';
import type { TestApp } from './app.ts';
import { asAdmin } from './database.ts';

/**
 * Makes every session of the pool read-only, like those of a demoted server. New sessions are writable, as if the name
 * led to another server by then.
 * @returns the number of sessions
 */
export async function demoteSessions(db: Db): Promise<number> {
  const { max } = poolStats(db);
  const all = Promise.withResolvers<void>();
  let held = 0;
  await Promise.all(
    Array.from({ length: max }, () =>
      db.connection().execute(async (one) => {
        await sql`set default_transaction_read_only = on`.execute(one);
        held += 1;
        if (held === max) all.resolve();
        await all.promise;
      }),
    ),
  );
  return max;
}

/** Makes new sessions of the app's database read-only, until it is called with `off`. */
export const setReadOnly = ({ database }: TestApp, value: 'on' | 'off') =>
  asAdmin(`alter database ${database.connection.database} set default_transaction_read_only = ${value}`);
