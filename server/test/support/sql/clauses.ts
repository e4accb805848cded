import { child, children, isNode, type Node, names, text } from './parse-tree.ts';
import { isParameter, type Relation, type Scope } from './relations.ts';

/** The clauses of a select, after `from`, that may hold other queries. */
export const afterFrom = [
  'targetList',
  'whereClause',
  'havingClause',
  'groupClause',
  'sortClause',
  'limitCount',
  'limitOffset',
];

/** The functions in `returning` and `on conflict` that are immutable; others are refused there. */
const immutable: ReadonlySet<string> = new Set(['sha256']);

/** Those that may give something else for each row. */
export const volatile: ReadonlySet<string> = new Set([
  'clock_timestamp',
  'gen_random_bytes',
  'gen_random_uuid',
  'nextval',
  'random',
  'timeofday',
]);

function nodesIn(value: unknown): Node[] {
  if (Array.isArray(value)) return value.flatMap(nodesIn);
  return isNode(value) ? [value, ...Object.values(value).flatMap(nodesIn)] : [];
}

const functionsIn = (value: unknown): string[] =>
  nodesIn(value).flatMap(({ FuncCall }) =>
    isNode(FuncCall) ? (names(FuncCall, 'funcname').at(-1) ?? '') : [],
  );

/** Calls of the named functions. */
export const callsIn = (value: unknown, named: ReadonlySet<string>): string[] =>
  functionsIn(value).flatMap((name) => (named.has(name) ? `${name}()` : []));

/** What within an expression may depend on more than its arguments. */
export const mutableIn = (value: unknown): string[] => [
  ...functionsIn(value).flatMap((name) => (immutable.has(name) ? [] : `${name}()`)),
  ...nodesIn(value).flatMap((node) => ('SQLValueFunction' in node ? 'the clock or the session' : [])),
  ...nodesIn(value).flatMap((node) => ('SubLink' in node ? 'a subselect' : [])),
];

/** Whether every row that is inserted has a parameter or a constant at this place. */
export function insertsParameter(query: unknown, index: number): boolean {
  if (text(query, 'op') !== 'SETOP_NONE')
    return ['larg', 'rarg'].every((side) => insertsParameter(child(query, side), index));
  const rows = children(query, 'valuesLists');
  if (rows.length > 0) return rows.every(({ List }) => isParameter(children(List, 'items')[index]));
  return isParameter(child(children(query, 'targetList')[index]?.ResTarget, 'val'));
}

/** What a `for update` and its like lock: what they name, or all of `from`. */
export function lockedIn(select: unknown, scope: Scope): Relation[] {
  const clauses = children(select, 'lockingClause');
  return clauses.flatMap(({ LockingClause }) => {
    const named = children(LockingClause, 'lockedRels').map(({ RangeVar }) => text(RangeVar, 'relname'));
    return named.length === 0
      ? scope.relations
      : scope.relations.filter(({ alias }) => named.includes(alias));
  });
}

/** The rows of `insert … select` and `insert … values`. */
export const sourceOf = (insert: unknown): Node | undefined =>
  child(child(insert, 'selectStmt'), 'SelectStmt');
