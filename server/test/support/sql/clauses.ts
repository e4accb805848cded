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
const volatileFunctions: readonly string[] = [
  'clock_timestamp',
  'gen_random_bytes',
  'gen_random_uuid',
  'nextval',
  'random',
  'timeofday',
];

/** Functions that make texts of the values of a row. Citus takes none of them in a change that it plans itself. */
const textFunctions: readonly string[] = [
  ...['concat', 'concat_ws', 'convert_to', 'format', 'to_char', 'to_json', 'to_jsonb'],
  ...['json_build_array', 'json_build_object', 'jsonb_build_array', 'jsonb_build_object', 'row_to_json'],
];

/** Functions that Citus takes in a change that it plans itself, but not inside `case` or `coalesce`. */
const stableFunctions: readonly string[] = [
  'current_setting',
  'now',
  'statement_timestamp',
  'transaction_timestamp',
];

function nodesIn(value: unknown): Node[] {
  if (Array.isArray(value)) return value.flatMap(nodesIn);
  return isNode(value) ? [value, ...Object.values(value).flatMap(nodesIn)] : [];
}

const functionsIn = (value: unknown): string[] =>
  nodesIn(value).flatMap(({ FuncCall }) =>
    isNode(FuncCall) ? (names(FuncCall, 'funcname').at(-1) ?? '') : [],
  );

/** Calls of functions that a cluster takes in no update or deletion. @param sources where it has its other tables */
export function findCallsInChange(change: unknown, sources: string, isOnShard: boolean): string[] {
  const refused = isOnShard ? volatileFunctions : [...volatileFunctions, ...textFunctions];
  const parts = ['targetList', 'whereClause', sources].map((part) => isNode(change) && change[part]);
  const calls = functionsIn(parts).flatMap((name) => (refused.includes(name) ? [`${name}()`] : []));
  if (isOnShard) return calls;
  const choices = nodesIn(parts).flatMap(({ CaseExpr, CoalesceExpr }) => [CaseExpr, CoalesceExpr]);
  const chosen = functionsIn(choices).filter((name) => stableFunctions.includes(name));
  return [...calls, ...chosen.map((name) => `${name}() in case or coalesce`)];
}

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
