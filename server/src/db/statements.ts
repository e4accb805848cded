import { CompiledQuery, type RawBuilder, sql } from 'kysely';
import { LRUCache } from 'lru-cache';
import { entryLimit } from '../platform/lru.ts';
import { statementTraces } from '../platform/traces.ts';
import { readLanesOf } from './pool.ts';
import { knownReadOf } from './prepared.ts';
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
  const bind = (db: Db, params: ParamValues) => {
    query ??= build(db);
    const parameters = query.parameters.map((parameter) =>
      parameter instanceof Param ? params[parameter.name] : parameter,
    );
    return { text: query.sql, parameters };
  };
  const compile = (db: Db, params: ParamValues): CompiledQuery<Row> => {
    const { text, parameters } = bind(db, params);
    return CompiledQuery.raw(text, parameters);
  };
  const execute = async (db: Db, params: ParamValues) => {
    const { text, parameters } = bind(db, params);
    const rows = readInLane<Row>(db, text, parameters);
    return rows ?? (await db.executeQuery<Row>(CompiledQuery.raw(text, parameters))).rows;
  };
  return Object.assign(execute, { compile });
}

/** Null unless the statement is a frequent one whose rows are bytes, on a direct connection. */
function readInLane<Row>(db: Db, text: string, parameters: readonly unknown[]): Promise<Row[]> | null {
  const known = knownReadOf(text);
  const lanes = known && readLanesOf(db);
  if (lanes === null || known === null || !parameters.every(isPlain)) return null;
  const values = parameters.map((value) => (value === null || value === undefined ? null : String(value)));
  const { name, toRow } = known;
  return statementTraces
    .tracePromise(() => lanes.read({ name, text, values }), { text })
    .then((rows) => rows.map((row) => toRow(row) as Row));
}

/** Whether `String` gives what PostgreSQL reads; the driver has other formats for objects. */
const isPlain = (value: unknown) => value === null || typeof value !== 'object';

/** The number of compiled statements that one `compileOncePerShape` keeps. */
const maxShapes = 500;

/** The same for a statement of many shapes, each of which has a name. */
export function compileOncePerShape<Row>() {
  const shapes = new LRUCache<string, Statement<Row>>(entryLimit(maxShapes));
  return (shape: string, build: (db: Db) => CompiledQuery<Row>): Statement<Row> => {
    const statement = shapes.get(shape) ?? compileOnce(build);
    shapes.set(shape, statement);
    return statement;
  };
}

/** A query as data, which its reader may make part of a larger statement. */
export interface Query<T> {
  /** Unique: the statement is compiled once per name. */
  name: string;
  sql: RawBuilder<unknown>;
  params: ParamValues;
  toValue(rows: readonly unknown[]): T;
}

/** @param toValue gives the value of the rows of that SQL. */
export const query = <Row, T>(
  name: string,
  sql: RawBuilder<Row>,
  params: ParamValues,
  toValue: (rows: readonly Row[]) => T,
): Query<T> => ({ name, sql, params, toValue: (rows) => toValue(rows as readonly Row[]) });

const queryStatements = compileOncePerShape<unknown>();

export async function executeQuery<T>(db: Db, { name, sql, params, toValue }: Query<T>): Promise<T> {
  return toValue(await queryStatements(name, (on) => sql.compile(on))(db, params));
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
  /** Columns that the statement returns, of the CTE `stamp` or of `join`. */
  columns?: RawBuilder<unknown>;
  /** A CTE of at most one row. */
  join?: RawBuilder<unknown>;
}

const ctesStatements = compileOncePerShape<unknown>();

/**
 * Executes CTEs in one statement. They share one snapshot, so none reads what another writes, except by its
 * `returning`. Parameters of the same name have the same value in all of them. One of the CTEs is `stamp`: the
 * statement selects from it, so that PostgreSQL executes it before all that read it.
 */
export async function executeCtes<Row>(db: Db, ctes: readonly Cte[]): Promise<Row[]> {
  const shape = ctes.map(({ template }) => template.name).join();
  const statement = ctesStatements(shape, (on) => {
    const templates = ctes.map(({ template }) => template);
    const columns = templates.flatMap((template) => template.columns ?? []);
    const joins = templates.flatMap(({ join }) => (join === undefined ? [] : sql`left join ${join} on true`));
    const selected = sql`select ${columns.length > 0 ? sql.join(columns) : sql``} from stamp ${sql.join(joins, sql` `)}`;
    return sql`with ${sql.join(templates.map((template) => template.sql))} ${selected}`.compile(on);
  });
  const rows = await statement(db, Object.assign({}, ...ctes.map(({ params }) => params)));
  return rows as Row[];
}
