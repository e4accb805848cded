import { availableParallelism } from 'node:os';
import type { DatabaseSettings } from './database.ts';
import { type Env, integerSetting, refuseSetting, textSetting } from './values.ts';

/** Two, because a request may need a second connection while it holds one. */
const minConnectionsPerWorker = 2;
/** Connections of the primary process at least, for jobs and the delivery worker. Workers share the others. */
const primaryConnections = 1;

const maxWorkers = (poolMax: number) => Math.floor((poolMax - primaryConnections) / minConnectionsPerWorker);

/**
 * Number of processes that serve, from WEB_CONCURRENCY; 1: this process alone.
 * @throws StartError when the pool has too few connections for the workers
 */
export function workerCount(env: Env, { poolMax }: DatabaseSettings): number {
  const value = textSetting(env, 'WEB_CONCURRENCY') ?? '1';
  const most = maxWorkers(poolMax);
  if (value === 'auto') return Math.max(1, Math.min(availableParallelism(), most));
  const count = /^\d{1,3}$/.test(value) ? Number(value) : 0;
  if (count < 1)
    return refuseSetting('WEB_CONCURRENCY', JSON.stringify(value), 'a whole number from 1, or auto');
  if (count === 1 || count <= most) return count;
  const wanted =
    most > 1
      ? `at most ${most}, or a larger pool: ${minConnectionsPerWorker} for each and ${primaryConnections} more`
      : `a pool of at least ${2 * minConnectionsPerWorker + primaryConnections}`;
  return refuseSetting(
    'WEB_CONCURRENCY',
    `${count} beside a DATABASE_POOL_SIZE + DATABASE_POOL_OVERFLOW of ${poolMax}`,
    wanted,
  );
}

/** How long a worker process may not answer before it is replaced. */
export const workerTimeoutSeconds = (env: Env): number =>
  integerSetting(env, 'WORKER_TIMEOUT_SECONDS', 30, 2, 600);

/** How long a stop may take, apart from that of the embedded database. */
export const shutdownSeconds = (env: Env): number =>
  integerSetting(env, 'SHUTDOWN_TIMEOUT_SECONDS', 10, 5, 600);

/** `inside`: the process that serves sends reminders too; `off`: `npm run worker` does. */
export type DeliveryWorkerPlace = 'inside' | 'off';

export function deliveryWorkerPlace(env: Env): DeliveryWorkerPlace {
  const value = textSetting(env, 'WORKER') ?? 'inside';
  if (value === 'inside' || value === 'off') return value;
  return refuseSetting('WORKER', JSON.stringify(value), 'inside or off');
}

export const connectionsPerWorker = (poolMax: number, workers: number) =>
  Math.floor((poolMax - primaryConnections) / workers);
