import { readFileSync } from 'node:fs';
import { child, children, names, parse, text } from './sql/parse-tree.ts';

interface Distributed {
  table: string;
  column: string;
  /** The table with which it is colocated. */
  colocatedWith: string | undefined;
}

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
const constant = (node: unknown) => text(child(child(node, 'A_Const'), 'sval'), 'sval');

/** The placement of each table in `scripts/citus.sql`. */
export function readPlacement(): { distributed: Distributed[]; copied: string[]; local: string[] } {
  const distributed: Distributed[] = [];
  const copied: string[] = [];
  const local: string[] = [];
  for (const { SelectStmt } of parse(read('scripts/citus.sql'))) {
    for (const { ResTarget } of children(SelectStmt, 'targetList')) {
      const call = child(child(ResTarget, 'val'), 'FuncCall');
      const [table, column, colocation] = children(call, 'args');
      const name = names(call, 'funcname').join();
      if (name === 'create_reference_table') copied.push(constant(table) ?? '');
      if (name !== 'create_distributed_table') continue;
      const named = child(colocation, 'NamedArgExpr');
      distributed.push({
        table: constant(table) ?? '',
        column: constant(column) ?? '',
        colocatedWith: text(named, 'name') === 'colocate_with' ? constant(named?.arg) : undefined,
      });
    }
    for (const { RangeSubselect } of children(SelectStmt, 'fromClause')) {
      for (const { List } of children(child(child(RangeSubselect, 'subquery'), 'SelectStmt'), 'valuesLists'))
        local.push(constant(children(List, 'items')[0]) ?? '');
    }
  }
  return { distributed, copied, local };
}

/** Number of partitions of each distributed table. */
export const partitionCount = 4;

/** `schema.sql` with the distributed tables partitioned by the hash of `user_id`, as a cluster shards them. */
export function partitionedSchema(): string {
  const distributed = new Set(readPlacement().distributed.map(({ table }) => table));
  return read('server/schema.sql').replace(
    /^create table (\S+) \(\n.*?\n\);$/gms,
    (statement, name: string) => {
      if (!distributed.has(name)) return statement;
      const parts = Array.from(
        { length: partitionCount },
        (_, index) =>
          `create table ${name}_part_${index} partition of ${name} for values with (modulus ${partitionCount}, remainder ${index});`,
      );
      return `${statement.slice(0, -1)} partition by hash (user_id);\n${parts.join('\n')}`;
    },
  );
}
