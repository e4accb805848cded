import { CompiledQuery, type RawBuilder, sql } from 'kysely';
import { LRUCache } from 'lru-cache';
import { entryLimit } from '../platform/lru.ts';
import { statementTraces } from '../platform/traces.ts';
import { readLanesOf } from './pool.ts';
import { knownReadOf } from './prepared.ts';
import type { Db } from './schema.ts';
import { onShardOf } from './shards.ts';

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

/**
 * @param rowOfShard what the one row of its result has, if the statement changes several tables of the user that the
 * parameter `user_id` names; see `shards.ts`
 */
export function compileOnce<Row>(
  build: (db: Db) => CompiledQuery<Row>,
  rowOfShard: string | null = null,
): Statement<Row> {
  let query: Pick<CompiledQuery<Row>, 'sql' | 'parameters'> | undefined;
  const bind = (db: Db, params: ParamValues) => {
    query ??= rowOfShard === null ? build(db) : markForShard(build(db), rowOfShard);
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

function markForShard<Row>({ sql, parameters }: CompiledQuery<Row>, row: string) {
  const index = parameters.findIndex(
    (parameter) => parameter instanceof Param && parameter.name === 'user_id',
  );
  return { sql: onShardOf(index, row) + sql, parameters };
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

/** `compileOnce` for a statement of many shapes, each of which has a name. */
export function compileOncePerShape<Row>() {
  const shapes = new LRUCache<string, Statement<Row>>(entryLimit(maxShapes));
  return (
    shape: string,
    build: (db: Db) => CompiledQuery<Row>,
    rowOfShard: string | null = null,
  ): Statement<Row> => {
    const statement = shapes.get(shape) ?? compileOnce(build, rowOfShard);
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
  /** It changes a table of the service, which on a cluster is not where a user's tables are. */
  isOfService?: true;
  /** A CTE of at most one row that the statement joins, the columns that it returns of it, and their types. */
  join?: { cte: RawBuilder<unknown>; columns: RawBuilder<unknown>; types: string };
}

const ctesStatements = compileOncePerShape<unknown>();

/**
 * Executes CTEs in one statement. They share one snapshot, so none reads what another writes, except by its
 * `returning`. Parameters of the same name have the same value in all of them. One of the CTEs is `stamp`: the
 * statement selects its `iso` as `now`, so that PostgreSQL executes it before all that read it.
 */
export async function executeCtes<Row>(db: Db, ctes: readonly Cte[]): Promise<Row[]> {
  const templates = ctes.map(({ template }) => template);
  const shape = templates.map(({ name }) => name).join();
  const joins = templates.flatMap(({ join }) => join ?? []);
  const build = (on: Db) => {
    const columns = [sql`iso as now`, ...joins.map(({ columns }) => columns)];
    const from = [sql`stamp`, ...joins.map(({ cte }) => sql`left join ${cte} on true`)];
    const selected = sql`select ${sql.join(columns)} from ${sql.join(from, sql` `)}`;
    return sql`with ${sql.join(templates.map((template) => template.sql))} ${selected}`.compile(on);
  };
  const row = ['now text', ...joins.map(({ types }) => types)].join(', ');
  const isOfUser = templates.every(({ isOfService }) => isOfService !== true);
  const statement = ctesStatements(shape, build, isOfUser ? row : null);
  const rows = await statement(db, Object.assign({}, ...ctes.map(({ params }) => params)));
  return rows as Row[];
}
