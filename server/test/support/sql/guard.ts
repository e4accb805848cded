import { bindColumns, conditions, type Equality, isOfOneUser, joinConditions } from './binding.ts';
import {
  clausesAfterFrom,
  findCallsInChange,
  findMutableParts,
  insertsParameter,
  lockedRelations,
  sourceOf,
} from './clauses.ts';
import { child, children, isNode, type Node, names, parse, text } from './parse-tree.ts';
import {
  derived,
  isBound,
  isWith,
  nameOf,
  type Outputs,
  type Relation,
  relationOf,
  renamed,
  type Scope,
} from './relations.ts';

/**
 * `schema`: names schemas. `user`: restricts each table to one user. `parameter`: does so by a parameter. `immutable`:
 * calls only immutable functions where a cluster requires it. `lock`: locks rows of one user.
 */
export type Rule = 'schema' | 'user' | 'parameter' | 'immutable' | 'lock';

/** A table for which a statement breaks a rule. */
export interface Violation {
  table: string;
  rule: Rule;
  reason: string;
}

/**
 * The violations of a statement. Each table of user data must be restricted to one user. That needs `user_id = …` with
 * a parameter or with a restricted column, or an insert that sets it. Only conditions that hold for every row count.
 * Unknown syntax is refused. In a cluster, a parameter must give the shard of a table with a `user_id`.
 */
export function violationsOf(sql: string): Violation[] {
  // By their text: some subselects are read twice for their columns.
  const violations = new Map<string, Violation>();
  const guard = createGuard(sql.startsWith('/* on the shard of $'), (table, rule, reason) =>
    violations.set(`${table} ${rule} ${reason}`, { table, rule, reason }),
  );
  for (const statement of parse(sql)) guard.statement(statement, null);
  return [...violations.values()];
}

function createGuard(isOnShard: boolean, report: (table: string, rule: Rule, reason: string) => void) {
  /** A name without a schema depends on the session's search path, which may lead to another application's table. */
  function relation(node: Node | undefined, scope: Scope): Relation {
    const name = text(node, 'relname') ?? '';
    if (text(node, 'schemaname') === undefined && !isWith(scope, name) && !name.startsWith('pg_'))
      report(name, 'schema', 'names no schema');
    return relationOf(node, scope);
  }

  const bound = (expression: unknown, scope: Scope) => isBound(expression, scope, statement);

  /** One statement at any depth. It may refer to relations of `outer`. */
  function statement(node: Node, outer: Scope | null): Outputs {
    if ('SelectStmt' in node) return select(node.SelectStmt, outer);
    if ('InsertStmt' in node) return insert(node.InsertStmt, outer);
    if ('UpdateStmt' in node) return change(node.UpdateStmt, 'fromClause', outer);
    if ('DeleteStmt' in node) return change(node.DeleteStmt, 'usingClause', outer);
    for (const kind of ['MergeStmt', 'TruncateStmt', 'CopyStmt', 'ExplainStmt', 'PrepareStmt', 'DoStmt'])
      if (kind in node) report('', 'user', `${kind} is not understood`);
    return new Map();
  }

  function withScope(node: unknown, outer: Scope | null): Scope {
    const scope: Scope = { relations: [], outer, withs: new Map() };
    const clause = child(node, 'withClause');
    for (const { CommonTableExpr } of children(clause, 'ctes')) {
      const name = text(CommonTableExpr, 'ctename') ?? '';
      const query = child(CommonTableExpr, 'ctequery');
      // A recursive CTE reads itself, so its columns are unknown meanwhile.
      if (clause?.recursive === true) scope.withs.set(name, new Map());
      if (query !== undefined)
        scope.withs.set(name, renamed(statement(query, scope), names(CommonTableExpr, 'aliascolnames')));
    }
    return scope;
  }

  function select(node: unknown, outer: Scope | null): Outputs {
    const scope = withScope(node, outer);
    if (text(node, 'op') !== 'SETOP_NONE') {
      const [left, right] = [select(child(node, 'larg'), scope), select(child(node, 'rarg'), scope)];
      const others = [...right.values()];
      return new Map([...left].map(([name, isBound], index) => [name, isBound && (others[index] ?? false)]));
    }
    if (children(node, 'valuesLists').length > 0) return values(node, scope);
    const equalities = children(node, 'fromClause').flatMap((item) => fromItem(item, scope));
    check(scope, [...equalities, ...conditions(child(node, 'whereClause'), null)]);
    subqueries(node, [...clausesAfterFrom, 'fromClause'], scope);
    for (const locked of lockedRelations(node, scope))
      if (!isOfOneUser(locked)) report(nameOf(locked), 'lock', 'may be locked for several users');
    return outputs(children(node, 'targetList'), scope);
  }

  function values(node: unknown, scope: Scope): Outputs {
    subqueries(node, ['valuesLists'], scope);
    const rows = children(node, 'valuesLists').map(({ List }) => children(List, 'items'));
    return new Map(
      (rows[0] ?? []).map((_, index) => [
        `column${index + 1}`,
        rows.every((row) => bound(row[index], scope)),
      ]),
    );
  }

  function insert(node: unknown, outer: Scope | null): Outputs {
    const scope = withScope(node, outer);
    const target = relation(child(node, 'relation'), scope);
    const { table } = target;
    const set = children(node, 'cols').map(({ ResTarget }) => text(ResTarget, 'name') ?? '');
    const owner = table?.columns.has('user_id') ? 'user_id' : 'userId';
    if (table?.columns.has(owner) && !set.includes(owner))
      report(table.name, 'user', `is inserted into without ${owner}`);
    else if (
      owner === 'user_id' &&
      table?.keys.has(owner) &&
      !insertsParameter(sourceOf(node), set.indexOf(owner))
    )
      report(table.name, 'parameter', 'is inserted into for a user who is not a parameter');
    const query = child(node, 'selectStmt');
    if (query !== undefined) statement(query, scope);
    const conflict = child(node, 'onConflictClause');
    const inferred = children(child(conflict, 'infer'), 'indexElems').map(({ IndexElem }) =>
      text(IndexElem, 'name'),
    );
    const updates = text(conflict, 'action') === 'ONCONFLICT_UPDATE';
    if (
      table !== undefined &&
      updates &&
      !inferred.some((name) => name !== undefined && table.keys.has(name))
    )
      report(table.name, 'user', 'is updated on a conflict that may be with another user');
    refuseNewOwner(table?.name, children(conflict, 'targetList'));
    // The rows are inserted by this statement.
    for (const key of table?.keys ?? []) target.bound.add(key);
    scope.relations.push(target);
    subqueries(conflict, ['targetList', 'whereClause'], scope);
    for (const call of findMutableParts(conflict))
      report(nameOf(target), 'immutable', `is changed on a conflict with ${call}`);
    return returned(node, target, scope);
  }

  function change(node: unknown, sources: string, outer: Scope | null): Outputs {
    const scope = withScope(node, outer);
    const target = relation(child(node, 'relation'), scope);
    scope.relations.push(target);
    const equalities = children(node, sources).flatMap((item) => fromItem(item, scope));
    check(scope, [...equalities, ...conditions(child(node, 'whereClause'), null)]);
    refuseNewOwner(target.table?.name, children(node, 'targetList'));
    subqueries(node, ['targetList', 'whereClause', sources], scope);
    if (target.table?.keys.has('user_id'))
      for (const call of findCallsInChange(node, sources, isOnShard))
        report(nameOf(target), 'immutable', `is changed with ${call}`);
    return returned(node, target, scope);
  }

  function returned(node: unknown, target: Relation, scope: Scope): Outputs {
    const targets = children(child(node, 'returningClause'), 'exprs');
    subqueries({ targets }, ['targets'], scope);
    for (const call of findMutableParts(targets)) report(nameOf(target), 'immutable', `returns ${call}`);
    return outputs(targets, scope);
  }

  function refuseNewOwner(table: string | undefined, assignments: Node[]): void {
    for (const { ResTarget } of assignments)
      if (table !== undefined && ['user_id', 'userId'].includes(text(ResTarget, 'name') ?? ''))
        report(table, 'user', 'is given to another user');
  }

  /** Adds the relations of one item of `from`. @returns the equalities of its joins */
  function fromItem(item: Node, scope: Scope): Equality[] {
    const { RangeVar, RangeSubselect, RangeFunction, JoinExpr } = item;
    if (isNode(RangeVar)) scope.relations.push(relation(RangeVar, scope));
    else if (RangeSubselect !== undefined) {
      const query = child(RangeSubselect, 'subquery');
      const alias = child(RangeSubselect, 'alias');
      const found = query === undefined ? new Map() : statement(query, scope);
      const made = derived(text(alias, 'aliasname') ?? '', renamed(found, names(alias, 'colnames')));
      scope.relations.push({ ...made, isQuery: true });
    } else if (RangeFunction !== undefined) {
      subqueries(RangeFunction, ['functions'], scope);
      const alias = text(child(RangeFunction, 'alias'), 'aliasname') ?? '';
      const allBound = children(RangeFunction, 'functions').every((call) => bound(call, scope));
      scope.relations.push({ ...derived(alias, new Map()), columns: undefined, allBound });
    } else if (JoinExpr !== undefined) return join(JoinExpr, scope);
    else report('', 'user', `${Object.keys(item)} in from is not understood`);
    return [];
  }

  function join(node: unknown, scope: Scope): Equality[] {
    const start = scope.relations.length;
    const left = fromItem(child(node, 'larg') ?? {}, scope);
    const middle = scope.relations.length;
    const right = fromItem(child(node, 'rarg') ?? {}, scope);
    const [lefts, rights] = [scope.relations.slice(start, middle), scope.relations.slice(middle)];
    return [...left, ...right, ...joinConditions(node, lefts, rights)];
  }

  /** Requires that each table's rows are restricted to one user. */
  function check(scope: Scope, equalities: Equality[]): void {
    bindColumns(scope, equalities, (value) => bound(value, scope));
    for (const { table, bound: columns, byParameter } of scope.relations) {
      if (table === undefined) continue;
      if (![...table.keys].some((key) => columns.has(key)))
        report(table.name, 'user', `is touched without ${[...table.keys].join(' or ')} = …`);
      else if (table.keys.has('user_id') && !byParameter)
        report(table.name, 'parameter', 'is tied to its user by another relation, not by a parameter');
    }
  }

  /** Reads the subqueries in expressions. */
  function subqueries(node: unknown, fields: string[], scope: Scope): void {
    const visit = (value: unknown): void => {
      if (Array.isArray(value)) value.forEach(visit);
      if (!isNode(value)) return;
      // Items of `from` were read as such.
      if ('RangeSubselect' in value || 'RangeFunction' in value) return;
      if ('SelectStmt' in value) statement(value, scope);
      else Object.values(value).forEach(visit);
    };
    for (const field of fields) if (isNode(node)) visit(node[field]);
  }

  function outputs(targets: Node[], scope: Scope): Outputs {
    const found: Outputs = new Map();
    for (const { ResTarget } of targets) {
      const value = child(ResTarget, 'val');
      const path = names(value?.ColumnRef, 'fields');
      if (path.at(-1) === '*') {
        for (const { alias, columns, bound: known } of scope.relations)
          if (path.length === 1 || path[0] === alias)
            for (const column of columns ?? known) found.set(column, known.has(column));
      } else {
        found.set(text(ResTarget, 'name') ?? path.at(-1) ?? `?column${found.size}`, bound(value, scope));
      }
    }
    return found;
  }

  return { statement };
}
