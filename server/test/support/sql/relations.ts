import { readFileSync } from 'node:fs';
import { child, children, isNode, type Node, names, parse, text } from './parse-tree.ts';

/** A table of user data: its keys, one of which must be bound, and all of its columns. */
export interface Table {
  name: string;
  keys: ReadonlySet<string>;
  columns: ReadonlySet<string>;
}

/** Columns that identify one user's rows in Better Auth's tables. It queries by these only. */
const accountKeys = ['id', 'userId', 'token', 'email', 'identifier', 'accountId'];

/** Every table with a `user_id`, and Better Auth's tables. Its signing keys belong to no user. */
function readTables(): Map<string, Table> {
  const schema = readFileSync(new URL('../../../schema.sql', import.meta.url), 'utf8');
  const tables = new Map<string, Table>();
  for (const statement of parse(schema)) {
    const { CreateStmt } = statement;
    const relation = child(CreateStmt, 'relation');
    const name = qualifiedName(relation);
    if (relation === undefined || name === 'better_auth.jwks') continue;
    const columns = new Set(
      children(CreateStmt, 'tableElts').flatMap(({ ColumnDef }) => text(ColumnDef, 'colname') ?? []),
    );
    const wanted = relation.schemaname === 'better_auth' ? accountKeys : ['user_id'];
    const keys = new Set(wanted.filter((key) => columns.has(key)));
    if (keys.size > 0) tables.set(name, { name, keys, columns });
  }
  return tables;
}

/** The name as statements have it: without the schema `duly`, with `better_auth`. */
function qualifiedName(relation: Node | undefined): string {
  const schema = text(relation, 'schemaname');
  const name = text(relation, 'relname') ?? '';
  return schema === undefined || schema === 'duly' ? name : `${schema}.${name}`;
}

const tables = readTables();

/** A relation of `from`: a table, subquery, CTE or function. */
export interface Relation {
  alias: string;
  /** Undefined unless it is a table of user data. */
  table: Table | undefined;
  /** Undefined if they are unknown. */
  columns: ReadonlySet<string> | undefined;
  /** Columns that can only have values of parameters. */
  bound: Set<string>;
  /** Whether every column is bound. */
  allBound: boolean;
  /** Whether a parameter or a constant restricts it to one user, not another relation's column. */
  byParameter: boolean;
  /** Whether it is a subquery. */
  isQuery?: boolean;
}

export const nameOf = ({ table, alias }: Relation): string => table?.name ?? alias;

/** Columns of a query's result in order; true if the column is bound. */
export type Outputs = Map<string, boolean>;

export interface Scope {
  relations: Relation[];
  outer: Scope | null;
  withs: Map<string, Outputs>;
}

function findWith(scope: Scope | null, name: string): Outputs | undefined {
  return scope === null ? undefined : (scope.withs.get(name) ?? findWith(scope.outer, name));
}

export const isWith = (scope: Scope, name: string): boolean => findWith(scope, name) !== undefined;

export function relationOf(node: Node | undefined, scope: Scope): Relation {
  const name = qualifiedName(node);
  const alias = text(child(node, 'alias'), 'aliasname') ?? text(node, 'relname') ?? '';
  const query = node?.schemaname === undefined ? findWith(scope, name) : undefined;
  if (query !== undefined) return derived(alias, query);
  const table = tables.get(name);
  return { alias, table, columns: table?.columns, bound: new Set(), allBound: false, byParameter: false };
}

export function derived(alias: string, query: Outputs): Relation {
  const bound = new Set([...query].filter(([, isBound]) => isBound).map(([name]) => name));
  return {
    alias,
    table: undefined,
    columns: new Set(query.keys()),
    bound,
    allBound: false,
    byParameter: false,
  };
}

export const renamed = (query: Outputs, aliases: string[]): Outputs =>
  new Map([...query].map(([name, isBound], index) => [aliases[index] ?? name, isBound]));

/** The relation and the column's name that a column reference resolves to. */
export function resolveColumn(
  reference: unknown,
  scope: Scope,
): { relation: Relation; column: string } | undefined {
  const parts = names(reference, 'fields');
  const column = parts.at(-1) ?? '';
  const alias = parts.at(-2);
  for (let at: Scope | null = scope; at !== null; at = at.outer) {
    const candidates = at.relations.filter((relation) =>
      alias === undefined
        ? (relation.columns?.has(column) ?? at?.relations.length === 1)
        : relation.alias === alias,
    );
    const [relation] = candidates;
    if (relation !== undefined && candidates.length === 1) return { relation, column };
    if (candidates.length > 1) return undefined;
  }
  return undefined;
}

/** Whether an expression is a parameter or a constant. */
export function isParameter(expression: unknown): boolean {
  if (!isNode(expression)) return false;
  if ('ParamRef' in expression || 'A_Const' in expression) return true;
  const { TypeCast, CollateClause } = expression;
  return isParameter(child(TypeCast ?? CollateClause, 'arg'));
}

/** Whether an expression can only have values of parameters and constants. */
export function isBound(
  expression: unknown,
  scope: Scope,
  outputsOf: (query: Node, outer: Scope) => Outputs,
): boolean {
  if (!isNode(expression)) return false;
  const bound = (value: unknown) => isBound(value, scope, outputsOf);
  if (isParameter(expression)) return true;
  if ('TypeCast' in expression) return bound(child(expression.TypeCast, 'arg'));
  if ('CollateClause' in expression) return bound(child(expression.CollateClause, 'arg'));
  if ('FuncCall' in expression) {
    const args = children(expression.FuncCall, 'args');
    return args.length > 0 && args.every(bound);
  }
  if ('List' in expression)
    return children(expression.List, 'items')
      .filter((item) => Object.keys(item).length > 0)
      .every(bound);
  if ('SubLink' in expression && text(expression.SubLink, 'subLinkType') === 'EXPR_SUBLINK') {
    const query = child(expression.SubLink, 'subselect');
    return query !== undefined && [...outputsOf(query, scope).values()].every(Boolean);
  }
  if (!('ColumnRef' in expression)) return false;
  const found = resolveColumn(expression.ColumnRef, scope);
  return found !== undefined && (found.relation.allBound || found.relation.bound.has(found.column));
}
