import { child, children, isNode, type Node, names, parse, text } from './parse-tree.ts';
import {
  bindAccount,
  conditions,
  derived,
  type Equality,
  isBound,
  isWith,
  type Outputs,
  type Relation,
  relationOf,
  renamed,
  resolveColumn,
  type Scope,
} from './relations.ts';

/** A table whose rows a statement touches without saying whose. */
export interface Violation {
  table: string;
  reason: string;
}

const afterFrom = [
  'targetList',
  'whereClause',
  'havingClause',
  'groupClause',
  'sortClause',
  'limitCount',
  'limitOffset',
];

/**
 * What is wrong with a statement: every table of user data that it reads or writes has to be tied to a user, by
 * `user_id = …` with a value that was given, or with a column that is so tied itself, or by an insertion that sets it.
 * Only conditions that all rows have to meet count. What it does not understand, it refuses.
 */
export function violationsOf(sql: string): Violation[] {
  const complaints: Violation[] = [];
  const guard = createGuard((table, reason) => complaints.push({ table, reason }));
  for (const statement of parse(sql)) guard.statement(statement, null);
  return complaints;
}

function createGuard(complain: (table: string, reason: string) => void) {
  /** Where a name without a schema leads depends on the session: it may be another application's. */
  function relation(node: Node | undefined, scope: Scope): Relation {
    const name = text(node, 'relname') ?? '';
    if (text(node, 'schemaname') === undefined && !isWith(scope, name) && !name.startsWith('pg_'))
      complain(name, 'names no schema');
    return relationOf(node, scope);
  }

  const bound = (expression: unknown, scope: Scope) => isBound(expression, scope, statement);

  /** One statement at any depth; `outer` is what it may refer to. */
  function statement(node: Node, outer: Scope | null): Outputs {
    if ('SelectStmt' in node) return select(node.SelectStmt, outer);
    if ('InsertStmt' in node) return insert(node.InsertStmt, outer);
    if ('UpdateStmt' in node) return change(node.UpdateStmt, 'fromClause', outer);
    if ('DeleteStmt' in node) return change(node.DeleteStmt, 'usingClause', outer);
    for (const kind of ['MergeStmt', 'TruncateStmt', 'CopyStmt', 'ExplainStmt', 'PrepareStmt', 'DoStmt'])
      if (kind in node) complain('', `${kind} is not understood`);
    return new Map();
  }

  function withScope(node: unknown, outer: Scope | null): Scope {
    const scope: Scope = { relations: [], outer, withs: new Map() };
    const clause = child(node, 'withClause');
    for (const { CommonTableExpr } of children(clause, 'ctes')) {
      const name = text(CommonTableExpr, 'ctename') ?? '';
      const query = child(CommonTableExpr, 'ctequery');
      // Refers to itself: nothing is known of its columns while it is read.
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
    const equalities = children(node, 'fromClause').flatMap((item) => from(item, scope));
    settle(scope, [...equalities, ...conditions(child(node, 'whereClause'), null)]);
    inner(node, [...afterFrom, 'fromClause'], scope);
    return outputs(children(node, 'targetList'), scope);
  }

  function values(node: unknown, scope: Scope): Outputs {
    inner(node, ['valuesLists'], scope);
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
      complain(table.name, `is inserted into without ${owner}`);
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
      complain(table.name, 'is updated on a conflict that may be with another user');
    refuseNewOwner(table?.name, children(conflict, 'targetList'));
    // The rows are this statement's own.
    for (const key of table?.keys ?? []) target.bound.add(key);
    scope.relations.push(target);
    inner(conflict, ['targetList', 'whereClause'], scope);
    return outputs(children(child(node, 'returningClause'), 'exprs'), scope);
  }

  function change(node: unknown, sources: string, outer: Scope | null): Outputs {
    const scope = withScope(node, outer);
    const target = relation(child(node, 'relation'), scope);
    scope.relations.push(target);
    const equalities = children(node, sources).flatMap((item) => from(item, scope));
    settle(scope, [...equalities, ...conditions(child(node, 'whereClause'), null)]);
    refuseNewOwner(target.table?.name, children(node, 'targetList'));
    inner(node, ['targetList', 'whereClause', sources], scope);
    return outputs(children(child(node, 'returningClause'), 'exprs'), scope);
  }

  function refuseNewOwner(table: string | undefined, assignments: Node[]): void {
    for (const { ResTarget } of assignments)
      if (table !== undefined && ['user_id', 'userId'].includes(text(ResTarget, 'name') ?? ''))
        complain(table, 'is given to another user');
  }

  /** Adds what one item of `from` brings, and returns the conditions of its joins. */
  function from(item: Node, scope: Scope): Equality[] {
    const { RangeVar, RangeSubselect, RangeFunction, JoinExpr } = item;
    if (isNode(RangeVar)) scope.relations.push(relation(RangeVar, scope));
    else if (RangeSubselect !== undefined) {
      const query = child(RangeSubselect, 'subquery');
      const alias = child(RangeSubselect, 'alias');
      const found = query === undefined ? new Map() : statement(query, scope);
      scope.relations.push(derived(text(alias, 'aliasname') ?? '', renamed(found, names(alias, 'colnames'))));
    } else if (RangeFunction !== undefined) {
      inner(RangeFunction, ['functions'], scope);
      const alias = text(child(RangeFunction, 'alias'), 'aliasname') ?? '';
      const allBound = children(RangeFunction, 'functions').every((call) => bound(call, scope));
      scope.relations.push({ ...derived(alias, new Map()), columns: undefined, allBound });
    } else if (JoinExpr !== undefined) return join(JoinExpr, scope);
    else complain('', `${Object.keys(item)} in from is not understood`);
    return [];
  }

  function join(node: unknown, scope: Scope): Equality[] {
    const start = scope.relations.length;
    const left = from(child(node, 'larg') ?? {}, scope);
    const middle = scope.relations.length;
    const right = from(child(node, 'rarg') ?? {}, scope);
    const [lefts, rights] = [scope.relations.slice(start, middle), scope.relations.slice(middle)];
    // An outer join keeps rows that do not meet its condition: it binds only the side that may be missing.
    const binding: Record<string, Relation[]> = {
      JOIN_INNER: [...lefts, ...rights],
      JOIN_LEFT: rights,
      JOIN_RIGHT: lefts,
    };
    const aliases = new Set((binding[text(node, 'jointype') ?? ''] ?? []).map(({ alias }) => alias));
    const reference = (relation: Relation, column: string) => ({
      ColumnRef: { fields: [relation.alias, column].map((sval) => ({ String: { sval } })) },
    });
    const has = (column: string) => (relation: Relation) =>
      relation.columns?.has(column) ?? relation.allBound;
    const using = names(node, 'usingClause').flatMap((column) =>
      lefts
        .filter(has(column))
        .flatMap((a) =>
          rights
            .filter(has(column))
            .map((b): Equality => ({ sides: [reference(a, column), reference(b, column)], aliases })),
        ),
    );
    return [...left, ...right, ...using, ...conditions(child(node, 'quals'), aliases)];
  }

  /** Binds columns by the equalities until nothing more follows, then asks every table for a bound key. */
  function settle(scope: Scope, equalities: Equality[]): void {
    const bind = (column: unknown, value: unknown, { aliases }: Equality): boolean => {
      const found = isNode(column) ? resolveColumn(column.ColumnRef, scope) : undefined;
      if (found === undefined || !scope.relations.includes(found.relation)) return false;
      if (aliases !== null && !aliases.has(found.relation.alias)) return false;
      if (found.relation.bound.has(found.column) || !bound(value, scope)) return false;
      found.relation.bound.add(found.column);
      return true;
    };
    const step = (equality: Equality) => {
      const [a, b] = equality.sides;
      return bind(a, b, equality) || bind(b, a, equality);
    };
    while (equalities.some(step) || scope.relations.some(bindAccount));
    for (const { table, bound: columns } of scope.relations) {
      if (table === undefined || [...table.keys].some((key) => columns.has(key))) continue;
      complain(table.name, `is touched without ${[...table.keys].join(' or ')} = …`);
    }
  }

  /** Queries inside of expressions. */
  function inner(node: unknown, fields: string[], scope: Scope): void {
    const visit = (value: unknown): void => {
      if (Array.isArray(value)) value.forEach(visit);
      if (!isNode(value)) return;
      // Those were read as the item of `from` that they are.
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
