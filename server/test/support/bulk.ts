import type { OperationResult } from '../../src/tasks/bulk.ts';
import type { Reply } from './app.ts';
import type { Client } from './tasks.ts';

type Operation = Record<string, unknown>;

export const sendBulk = (
  { v1 }: Client,
  operations: unknown,
  more: object = {},
  headers = {},
): Promise<Reply> => v1('POST', '/tasks/bulk', { operations, ...more }, headers);

/** Results of the operations of a bulk request that must get 200. */
export async function bulkResultsOf(
  client: Client,
  operations: Operation[],
  more = {},
): Promise<OperationResult[]> {
  const reply = await sendBulk(client, operations, more);
  if (reply.status !== 200) throw new Error(`not taken: ${reply.text}`);
  return reply.body.data;
}

export const repeat = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));
