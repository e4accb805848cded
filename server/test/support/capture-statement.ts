import {
  type CompiledQuery,
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
} from 'kysely';
import type { Database, Db } from '../../src/db/schema.ts';

/** The one statement of a query, captured without executing it. The query gets no rows, so it may fail afterwards. */
export async function statementOf(query: (db: Db) => Promise<unknown>): Promise<CompiledQuery> {
  const asked: CompiledQuery[] = [];
  const recorder = new Kysely<Database>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
    log: (event) => {
      asked.push(event.query);
    },
  });
  await query(recorder).catch(() => {});
  const [only, ...more] = asked;
  if (only === undefined || more.length > 0) throw new Error(`${asked.length} statements instead of one`);
  return only;
}
