import { CompiledQuery } from 'kysely';
import { expect } from 'vitest';
import type { Db } from '../../src/db/schema.ts';

/** One step of a plan; the counts of rows are what there really was. */
export interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  'Rows Removed by Index Recheck'?: number;
  Plans?: PlanNode[];
}

function nodesOf(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(nodesOf)];
}

/** All steps of the plan by which the database carried a statement out. */
export async function planOf(db: Db, { sql, parameters }: CompiledQuery): Promise<PlanNode[]> {
  const { rows } = await db.executeQuery<{ 'QUERY PLAN': { Plan: PlanNode }[] }>(
    CompiledQuery.raw(`explain (analyze, format json) ${sql}`, [...parameters]),
  );
  return nodesOf(rows[0]?.['QUERY PLAN'][0]?.Plan ?? expect.fail('no plan'));
}

/** The tables that are read from one end to the other, but for the one that has a single row. */
export const sequentialScans = (plan: readonly PlanNode[]) =>
  plan
    .filter((node) => node['Node Type'] === 'Seq Scan' && node['Relation Name'] !== 'epoch')
    .map((node) => node['Relation Name']);

/** The indexes of the plan, sorted. */
export const indexesOf = (plan: readonly PlanNode[]) =>
  [...new Set(plan.flatMap((node) => node['Index Name'] ?? []))].sort();

/**
 * How many rows of tables were looked at, those included that were not wanted; what an index alone could say is not.
 */
export const rowsExamined = (plan: readonly PlanNode[]) =>
  plan
    .filter((node) => node['Relation Name'] !== undefined && node['Node Type'] !== 'Index Only Scan')
    .map((node) => {
      const inVain = (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0);
      return (node['Actual Rows'] + inVain) * node['Actual Loops'];
    })
    .reduce((sum, rows) => sum + rows, 0);
