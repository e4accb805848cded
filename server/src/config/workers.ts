import { availableParallelism } from 'node:os';
import type { DatabaseSettings } from './database.ts';
import { type Env, refuse, text } from './values.ts';

/** A request may need a second connection while it holds one. */
const leastConnections = 2;
/** What workers leave of the pool to the process that starts them: for upkeep. */
export const primaryConnections = 1;

const mostWorkers = (poolMax: number) => Math.floor((poolMax - primaryConnections) / leastConnections);

/** How many processes serve; 1 is this one alone. */
export function workerCount(env: Env, { poolMax }: DatabaseSettings): number {
  const value = text(env, 'WEB_CONCURRENCY') ?? '1';
  const most = mostWorkers(poolMax);
  if (value === 'auto') return Math.max(1, Math.min(availableParallelism(), most));
  const count = /^\d{1,3}$/.test(value) ? Number(value) : 0;
  if (count < 1) return refuse('WEB_CONCURRENCY', JSON.stringify(value), 'a whole number from 1, or auto');
  if (count === 1 || count <= most) return count;
  const wanted =
    most > 1
      ? `at most ${most}, or a larger pool: ${leastConnections} for each and ${primaryConnections} more`
      : `a pool of at least ${2 * leastConnections + primaryConnections}`;
  return refuse(
    'WEB_CONCURRENCY',
    `${count} beside a DATABASE_POOL_SIZE + DATABASE_POOL_OVERFLOW of ${poolMax}`,
    wanted,
  );
}

/** The part of the pool that each of several workers gets. */
export const connectionsEach = (poolMax: number, workers: number) =>
  Math.floor((poolMax - primaryConnections) / workers);
