import { CompiledQuery, type RawBuilder, sql } from 'kysely';
import { LRUCache } from 'lru-cache';
import type { Db } from './schema.ts';

/** The place of a bind parameter in a statement, until the statement is executed. */
class Param {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

export type ParamValues = Readonly<Record<string, unknown>>;

/** The bind parameter of that name. */
export const param = <T>(name: string): RawBuilder<T> => sql<T>`${new Param(name)}`;

/** A statement that is compiled at its first use, and executed with other parameters each time. */
export interface Statement<Row> {
  (db: Db, params: ParamValues): Promise<Row[]>;
  compile(db: Db, params: ParamValues): CompiledQuery<Row>;
}

export function compileOnce<Row>(build: (db: Db) => CompiledQuery<Row>): Statement<Row> {
  let query: CompiledQuery<Row> | undefined;
  const compile = (db: Db, params: ParamValues): CompiledQuery<Row> => {
    query ??= build(db);
    const parameters = query.parameters.map((parameter) =>
      parameter instanceof Param ? params[parameter.name] : parameter,
    );
    return CompiledQuery.raw(query.sql, parameters);
  };
  const execute = async (db: Db, params: ParamValues) => (await db.executeQuery(compile(db, params))).rows;
  return Object.assign(execute, { compile });
}

/** The number of compiled statements that one `compileOncePerShape` keeps. */
const maxShapes = 500;

/** The same for a statement of many shapes, each of which has a name. */
export function compileOncePerShape<Row>() {
  const shapes = new LRUCache<string, Statement<Row>>({ max: maxShapes });
  return (shape: string, build: (db: Db) => CompiledQuery<Row>): Statement<Row> => {
    const statement = shapes.get(shape) ?? compileOnce(build);
    shapes.set(shape, statement);
    return statement;
  };
}

/** A query as data: `executeQuery` executes it, wherever its caller wants it executed. */
export class Query<T> {
  readonly compile: (db: Db) => CompiledQuery;
  readonly toValue: (rows: unknown[]) => T;
  private constructor(compile: (db: Db) => CompiledQuery, toValue: (rows: unknown[]) => T) {
    this.compile = compile;
    this.toValue = toValue;
  }

  /** @param toValue gives the value of the rows of that statement. */
  static of<Row, T>(compile: (db: Db) => CompiledQuery<Row>, toValue: (rows: Row[]) => T): Query<T> {
    return new Query(compile, (rows) => toValue(rows as Row[]));
  }
}

export async function executeQuery<T>(db: Db, query: Query<T>): Promise<T> {
  const { rows } = await db.executeQuery(query.compile(db));
  return query.toValue(rows);
}

/** Data-modifying CTEs that are executed in one statement with others, and their parameters. */
export interface Cte {
  template: CteTemplate;
  params: ParamValues;
}

export interface CteTemplate {
  /** Unique: statements are compiled once per combination of names. */
  name: string;
  sql: RawBuilder<unknown>;
  /** Columns, and the CTE they are from: what the statement returns. */
  select?: RawBuilder<unknown>;
}

const ctesStatements = compileOncePerShape<unknown>();

/**
 * Executes CTEs in one statement. They share one snapshot, so none reads what another writes, except by its
 * `returning`. Parameters of the same name have the same value in all of them.
 * @returns the rows of the first template that has a `select`.
 */
export async function executeCtes<Row>(db: Db, ctes: readonly Cte[]): Promise<Row[]> {
  const shape = ctes.map(({ template }) => template.name).join();
  const statement = ctesStatements(shape, (on) => {
    const selected = ctes.find(({ template }) => template.select)?.template.select ?? sql``;
    return sql`with ${sql.join(ctes.map(({ template }) => template.sql))} select ${selected}`.compile(on);
  });
  const rows = await statement(db, Object.assign({}, ...ctes.map(({ params }) => params)));
  return rows as Row[];
}
