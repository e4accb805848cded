import { child, children, isNode, type Node, names, text } from './parse-tree.ts';
import { isParameter, type Relation, type Scope } from './relations.ts';

/** Clauses of a select after `from` that may contain subqueries. */
export const clausesAfterFrom = [
  'targetList',
  'whereClause',
  'havingClause',
  'groupClause',
  'sortClause',
  'limitCount',
  'limitOffset',
];

/** Functions allowed in `returning` and `on conflict`: they are immutable. */
const immutableFunctions: ReadonlySet<string> = new Set(['sha256']);

/** Functions that may return another value for each row. */
export const volatileFunctions: ReadonlySet<string> = new Set([
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
export const findCalls = (value: unknown, named: ReadonlySet<string>): string[] =>
  functionsIn(value).flatMap((name) => (named.has(name) ? `${name}()` : []));

/** Parts of an expression whose value may depend on more than its arguments. */
export const findMutableParts = (value: unknown): string[] => [
  ...functionsIn(value).flatMap((name) => (immutableFunctions.has(name) ? [] : `${name}()`)),
  ...nodesIn(value).flatMap((node) => ('SQLValueFunction' in node ? 'the clock or the session' : [])),
  ...nodesIn(value).flatMap((node) => ('SubLink' in node ? 'a subselect' : [])),
];

/** Whether every inserted row has a parameter or a constant in this column. */
export function insertsParameter(query: unknown, index: number): boolean {
  if (text(query, 'op') !== 'SETOP_NONE')
    return ['larg', 'rarg'].every((side) => insertsParameter(child(query, side), index));
  const rows = children(query, 'valuesLists');
  if (rows.length > 0) return rows.every(({ List }) => isParameter(children(List, 'items')[index]));
  return isParameter(child(children(query, 'targetList')[index]?.ResTarget, 'val'));
}

/** Relations locked by `for update` and the like: those it names, or all of `from`. */
export function lockedRelations(select: unknown, scope: Scope): Relation[] {
  const clauses = children(select, 'lockingClause');
  return clauses.flatMap(({ LockingClause }) => {
    const named = children(LockingClause, 'lockedRels').map(({ RangeVar }) => text(RangeVar, 'relname'));
    return named.length === 0
      ? scope.relations
      : scope.relations.filter(({ alias }) => named.includes(alias));
  });
}

/** The source query of `insert … select` and `insert … values`. */
export const sourceOf = (insert: unknown): Node | undefined =>
  child(child(insert, 'selectStmt'), 'SelectStmt');
