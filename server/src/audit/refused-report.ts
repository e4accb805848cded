import type { Tx } from '../db/schema.ts';
import { readRefused } from './refused-queries.ts';

interface RefusedGroup {
  userId: string;
  sqlstate: string;
  count: number;
  first: string;
  last: string;
}

/**
 * Reports refused entries, one finding per user and SQLSTATE.
 * @param knownCount how many of the oldest entries are known already: they are not reported
 */
export async function reportRefused(
  tx: Tx,
  report: (userId: string, finding: string) => void,
  knownCount = 0,
): Promise<void> {
  const groups = new Map<string, RefusedGroup>();
  let total = 0;
  for await (const { refusedAt, sqlstate, entry } of readRefused(tx)) {
    total += 1;
    if (total <= knownCount) continue;
    const userId = userIdOf(entry);
    const key = `${sqlstate} ${userId}`;
    const at = refusedAt.toISOString();
    const group = groups.get(key) ?? { userId, sqlstate, count: 0, first: at, last: at };
    groups.set(key, { ...group, count: group.count + 1, last: at });
  }
  if (total < knownCount) report('', `of ${knownCount} refused entries that are known, ${total} are there`);
  for (const { userId, sqlstate, count, first, last } of groups.values()) {
    const when = first === last ? `at ${first}` : `from ${first} to ${last}`;
    report(userId, `${count} refused by the database (SQLSTATE ${sqlstate}) ${when}`);
  }
}

function userIdOf(entry: string): string {
  const { userId }: { userId?: unknown } = { ...JSON.parse(entry) };
  return typeof userId === 'string' ? userId : '';
}
