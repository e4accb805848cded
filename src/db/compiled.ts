import { CompiledQuery, type RawBuilder, sql } from 'kysely';
import type { Db } from './schema.ts';

/** Stands in a statement for a value that is given each time. */
class Given {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

type Values = Readonly<Record<string, unknown>>;

/** The value of that name among those that the statement is run with. */
export const given = <T>(name: string): RawBuilder<T> => sql<T>`${new Given(name)}`;

/** A statement that is compiled at its first use and run with other values each time. */
export function compiled<Row>(build: (db: Db) => CompiledQuery<Row>) {
  let query: CompiledQuery<Row> | undefined;
  return async (db: Db, values: Values): Promise<Row[]> => {
    query ??= build(db);
    const parameters = query.parameters.map((parameter) =>
      parameter instanceof Given ? values[parameter.name] : parameter,
    );
    const { rows } = await db.executeQuery<Row>(CompiledQuery.raw(query.sql, parameters));
    return rows;
  };
}

/** Changes that can be made in one statement with others, and the values to make them with. */
export interface Part {
  changes: Changes;
  values: Values;
}

/** Expressions of a `with`. */
export interface Changes {
  /** Tells them from all others. */
  name: string;
  expressions: RawBuilder<unknown>;
}

const statements = new Map<string, ReturnType<typeof compiled>>();

/** Makes changes, none of which sees what another makes, in one statement; a name in the values means the same to all. */
export async function changeTogether(db: Db, parts: readonly Part[]): Promise<void> {
  const name = parts.map(({ changes }) => changes.name).join();
  const expressions = parts.map(({ changes }) => changes.expressions);
  const change =
    statements.get(name) ?? compiled((on) => sql`with ${sql.join(expressions)} select`.compile(on));
  statements.set(name, change);
  await change(db, Object.assign({}, ...parts.map(({ values }) => values)));
}
