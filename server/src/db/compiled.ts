import { CompiledQuery, type RawBuilder, sql } from 'kysely';
import { LRUCache } from 'lru-cache';
import type { Db } from './schema.ts';

/** Stands in a statement for a value that is given each time. */
class Given {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

export type Values = Readonly<Record<string, unknown>>;

/** The value of that name among those that the statement is run with. */
export const given = <T>(name: string): RawBuilder<T> => sql<T>`${new Given(name)}`;

/** Runs a statement, compiled at its first use, with other values each time. */
export type Run<Row> = (db: Db, values: Values) => Promise<Row[]>;

export function compiled<Row>(build: (db: Db) => CompiledQuery<Row>): Run<Row> {
  let query: CompiledQuery<Row> | undefined;
  return async (db, values) => {
    query ??= build(db);
    const parameters = query.parameters.map((parameter) =>
      parameter instanceof Given ? values[parameter.name] : parameter,
    );
    const { rows } = await db.executeQuery<Row>(CompiledQuery.raw(query.sql, parameters));
    return rows;
  };
}

/** Of each kind of statement that has many shapes, so many are kept. */
const shapesMax = 500;

/** The same for a statement of many shapes, each of which has a name. */
export function compiledByShape<Row>() {
  const shapes = new LRUCache<string, Run<Row>>({ max: shapesMax });
  return (shape: string, build: (db: Db) => CompiledQuery<Row>): Run<Row> => {
    const run = shapes.get(shape) ?? compiled(build);
    shapes.set(shape, run);
    return run;
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
  /** What a statement gives that begins with these: columns, and where they are from. */
  gives?: RawBuilder<unknown>;
}

const together = compiledByShape<unknown>();

/**
 * Makes changes, none of which sees what another makes but by what it returns, in one statement; a name in the values
 * means the same to all.
 * @returns what the first of them gives.
 */
export async function changeTogether<Row>(db: Db, parts: readonly Part[]): Promise<Row[]> {
  const shape = parts.map(({ changes }) => changes.name).join();
  const change = together(shape, (on) => {
    const gives = parts[0]?.changes.gives ?? sql``;
    return sql`with ${sql.join(parts.map(({ changes }) => changes.expressions))} select ${gives}`.compile(on);
  });
  const rows = await change(db, Object.assign({}, ...parts.map(({ values }) => values)));
  return rows as Row[];
}
