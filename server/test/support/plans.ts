import { CompiledQuery } from 'kysely';
import { expect } from 'vitest';
import type { Db } from '../../src/db/schema.ts';

/** A node of a plan; row counts are actual ones. */
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

/** All nodes of the plan of an executed statement (EXPLAIN ANALYZE). */
export async function planOf(db: Db, { sql, parameters }: CompiledQuery): Promise<PlanNode[]> {
  const { rows } = await db.executeQuery<{ 'QUERY PLAN': { Plan: PlanNode }[] }>(
    CompiledQuery.raw(`explain (analyze, format json) ${sql}`, [...parameters]),
  );
  return nodesOf(rows[0]?.['QUERY PLAN'][0]?.Plan ?? expect.fail('no plan'));
}

/** Tables with a sequential scan, except for the one with a single row. */
export const sequentialScans = (plan: readonly PlanNode[]) =>
  plan
    .filter((node) => node['Node Type'] === 'Seq Scan' && node['Relation Name'] !== 'epoch')
    .map((node) => node['Relation Name']);

/** The plan's indexes, sorted. */
export const indexesOf = (plan: readonly PlanNode[]) =>
  [...new Set(plan.flatMap((node) => node['Index Name'] ?? []))].sort();

/** Number of table rows read, including rows that a filter removed. Index-only scans do not count. */
export const rowsExamined = (plan: readonly PlanNode[]) =>
  plan
    .filter((node) => node['Relation Name'] !== undefined && node['Node Type'] !== 'Index Only Scan')
    .map((node) => {
      const inVain = (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0);
      return (node['Actual Rows'] + inVain) * node['Actual Loops'];
    })
    .reduce((sum, rows) => sum + rows, 0);

/** Number of rows and index entries read, including those that a filter removed. */
export const entriesExamined = (plan: readonly PlanNode[]) =>
  rowsExamined(plan) + rowsExamined(indexOnly(plan));

const indexOnly = (plan: readonly PlanNode[]) =>
  plan
    .filter((node) => node['Node Type'] === 'Index Only Scan')
    .map((node) => ({ ...node, 'Node Type': 'Index Scan' }));
