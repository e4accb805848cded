import { CompiledQuery, type RawBuilder, sql } from 'kysely';
import { LRUCache } from 'lru-cache';
import type { Db } from './schema.ts';

/** Stands in a statement for a value that is given each time. */
class Param {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

export type ParamValues = Readonly<Record<string, unknown>>;

/** The value of that name among those that the statement is run with. */
export const param = <T>(name: string): RawBuilder<T> => sql<T>`${new Param(name)}`;

/** Runs a statement, compiled at its first use, with other values each time. */
export type RunStatement<Row> = (db: Db, values: ParamValues) => Promise<Row[]>;

export function compileOnce<Row>(build: (db: Db) => CompiledQuery<Row>): RunStatement<Row> {
  let query: CompiledQuery<Row> | undefined;
  return async (db, values) => {
    query ??= build(db);
    const parameters = query.parameters.map((parameter) =>
      parameter instanceof Param ? values[parameter.name] : parameter,
    );
    const { rows } = await db.executeQuery<Row>(CompiledQuery.raw(query.sql, parameters));
    return rows;
  };
}

/** Of each kind of statement that has many shapes, so many are kept. */
const maxShapes = 500;

/** The same for a statement of many shapes, each of which has a name. */
export function compileOncePerShape<Row>() {
  const shapes = new LRUCache<string, RunStatement<Row>>({ max: maxShapes });
  return (shape: string, build: (db: Db) => CompiledQuery<Row>): RunStatement<Row> => {
    const run = shapes.get(shape) ?? compileOnce(build);
    shapes.set(shape, run);
    return run;
  };
}

/** Changes that can be made in one statement with others, and the values to make them with. */
export interface Cte {
  template: CteTemplate;
  params: ParamValues;
}

/** Expressions of a `with`. */
export interface CteTemplate {
  /** Tells them from all others. */
  name: string;
  sql: RawBuilder<unknown>;
  /** What a statement gives that has these: columns, and where they are from. */
  select?: RawBuilder<unknown>;
}

const runCtes = compileOncePerShape<unknown>();

/**
 * Makes changes, none of which sees what another makes but by what it returns, in one statement; a name in the values
 * means the same to all.
 * @returns what the first of them gives that gives something.
 */
export async function executeCtes<Row>(db: Db, ctes: readonly Cte[]): Promise<Row[]> {
  const shape = ctes.map(({ template: changes }) => changes.name).join();
  const change = runCtes(shape, (on) => {
    const gives = ctes.find(({ template }) => template.select)?.template.select ?? sql``;
    return sql`with ${sql.join(ctes.map(({ template: changes }) => changes.sql))} select ${gives}`.compile(
      on,
    );
  });
  const rows = await change(db, Object.assign({}, ...ctes.map(({ params: values }) => values)));
  return rows as Row[];
}
