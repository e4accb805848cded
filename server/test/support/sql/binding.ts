import { child, children, isNode, type Node, names, text } from './parse-tree.ts';
import { isParameter, type Relation, resolveColumn, type Scope, type Table } from './relations.ts';

/** `a = b`, true for the rows of `aliases`; null for every relation. */
export interface Equality {
  sides: [unknown, unknown];
  aliases: ReadonlySet<string> | null;
}

/** The equalities of a conjunction: all of them must hold. */
export function conditions(expression: Node | undefined, aliases: Equality['aliases']): Equality[] {
  const { BoolExpr, A_Expr } = expression ?? {};
  if (text(BoolExpr, 'boolop') === 'AND_EXPR')
    return children(BoolExpr, 'args').flatMap((part) => conditions(part, aliases));
  if (text(A_Expr, 'kind') !== 'AEXPR_OP' || names(A_Expr, 'name').join('.') !== '=') return [];
  return [{ sides: [child(A_Expr, 'lexpr'), child(A_Expr, 'rexpr')], aliases }];
}

/** Unique columns of Better Auth's tables. */
const uniqueKeys = ['id', 'token', 'email'];

/** Whether the rows belong to one account, session or mailed request. */
const isAccount = (table: Table, bound: ReadonlySet<string>): boolean =>
  uniqueKeys.some((key) => table.keys.has(key) && bound.has(key));

/** Whether only one user's rows can be read from it. Unknown, so false, for a subquery. */
export const isOfOneUser = ({ table, isQuery = false, byParameter, bound }: Relation): boolean =>
  table === undefined ? !isQuery : byParameter || isAccount(table, bound);

/** A row found by a unique column has one id and one user: binds these columns too. */
function bindAccount({ table, bound }: Relation): boolean {
  if (table === undefined || !isAccount(table, bound)) return false;
  const more = ['id', 'userId'].filter((key) => table.keys.has(key) && !bound.has(key));
  for (const key of more) bound.add(key);
  return more.length > 0;
}

/** The equalities that hold for a join's rows; `lefts` and `rights` are the relations of its two sides. */
export function joinConditions(
  node: unknown,
  lefts: readonly Relation[],
  rights: readonly Relation[],
): Equality[] {
  // An outer join keeps rows that do not match: it binds only the nullable side.
  const binding: Record<string, readonly Relation[]> = {
    JOIN_INNER: [...lefts, ...rights],
    JOIN_LEFT: rights,
    JOIN_RIGHT: lefts,
  };
  const aliases = new Set((binding[text(node, 'jointype') ?? ''] ?? []).map(({ alias }) => alias));
  const reference = (relation: Relation, column: string) => ({
    ColumnRef: { fields: [relation.alias, column].map((sval) => ({ String: { sval } })) },
  });
  const has = (column: string) => (relation: Relation) => relation.columns?.has(column) ?? relation.allBound;
  const using = names(node, 'usingClause').flatMap((column) =>
    lefts
      .filter(has(column))
      .flatMap((a) =>
        rights
          .filter(has(column))
          .map((b): Equality => ({ sides: [reference(a, column), reference(b, column)], aliases })),
      ),
  );
  return [...using, ...conditions(child(node, 'quals'), aliases)];
}

/** Binds columns by the equalities until none is added. Records which are bound by a parameter directly. */
export function bindColumns(
  scope: Scope,
  equalities: readonly Equality[],
  isGiven: (value: unknown) => boolean,
): void {
  const found = (column: unknown, { aliases }: Equality) => {
    const at = isNode(column) ? resolveColumn(column.ColumnRef, scope) : undefined;
    if (at === undefined || !scope.relations.includes(at.relation)) return undefined;
    return aliases === null || aliases.has(at.relation.alias) ? at : undefined;
  };
  const bind = (column: unknown, value: unknown, equality: Equality): boolean => {
    const at = found(column, equality);
    if (at === undefined || at.relation.bound.has(at.column) || !isGiven(value)) return false;
    at.relation.bound.add(at.column);
    return true;
  };
  const step = (equality: Equality) => {
    const [a, b] = equality.sides;
    return bind(a, b, equality) || bind(b, a, equality);
  };
  while (equalities.some(step) || scope.relations.some(bindAccount));
  for (const equality of equalities) {
    const [a, b] = equality.sides;
    for (const [column, value] of [
      [a, b],
      [b, a],
    ]) {
      const at = found(column, equality);
      if (at?.column === 'user_id' && isParameter(value)) at.relation.byParameter = true;
    }
  }
}
