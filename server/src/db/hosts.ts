import type pg from 'pg';
import type { SessionTarget } from '../config/database-url.ts';
import { errorCodeOf, isTlsError } from './failures.ts';
import { inspectServer, type ServerState } from './inspect-server.ts';

/** How to connect to a database. Plain data, because it is sent to worker processes. */
export interface DatabaseConnection extends pg.ClientConfig {
  /** Settings of the other hosts of the list, in the order in which they are tried after the first. */
  otherHosts?: readonly pg.ClientConfig[];
  /** The state that a server must have to be used; `any` by default. */
  target?: SessionTarget;
}

/** How long a chosen host is used before the hosts listed before it are tried again. */
const selectionTtlMs = 1_000;
/** How long an unreachable host is tried last: each try may cost a time-out. */
const failedHostDelayMs = 5_000;

/** Whether a server has the wanted state. `prefer-standby` falls back to any server. */
const acceptsServer: Record<SessionTarget, (server: ServerState) => boolean> = {
  any: () => true,
  'read-write': ({ isReadOnly }) => !isReadOnly,
  'read-only': ({ isReadOnly }) => isReadOnly,
  primary: ({ isInRecovery }) => !isInRecovery,
  standby: ({ isInRecovery }) => isInRecovery,
  'prefer-standby': ({ isInRecovery }) => isInRecovery,
};

const describeServer = ({ isInRecovery, isReadOnly }: ServerState) =>
  isInRecovery ? 'a standby' : isReadOnly ? 'read-only' : 'a primary that takes writes';

/** Every host is down or has another state than the wanted one. The SQLSTATE is that of a failed connection. */
export class NoHostError extends Error {
  override name = 'NoHostError';
  readonly code = '08001';
}

/**
 * Chooses the host for a new connection as libpq does (PostgreSQL manual, 32.1.1.3). The driver supports one host only.
 */
export interface HostSelector {
  /** Whether there is one host, and any state will do. */
  isFixed: boolean;
  /**
   * Probes the hosts in order. @returns the settings of the first host with the wanted state
   * @throws the driver's error, or a NoHostError (class 08)
   */
  select(): Promise<pg.ClientConfig>;
  /** The last choice. */
  selected(): pg.ClientConfig;
  /** Whether the server of an open session has the wanted state: the state may have changed since the choice. */
  isAcceptable(server: ServerState): boolean;
  /** Makes the next `select` probe the hosts again. */
  reset(): void;
}

/** @param isCurrentServer whether a server in another state is still used, as long as no host has the wanted one */
export function createHostSelector(
  { otherHosts = [], target = 'any', ...first }: DatabaseConnection,
  isCurrentServer: (server: ServerState) => boolean = () => false,
): HostSelector {
  const hosts = [first, ...otherHosts].map((config) => ({ config, failedAt: Number.NEGATIVE_INFINITY }));
  const isFixed = hosts.length === 1 && target === 'any';
  let selection = { config: first, until: Number.NEGATIVE_INFINITY };
  let selecting: Promise<pg.ClientConfig> | undefined;
  let resets = 0;

  async function search(): Promise<pg.ClientConfig> {
    const isFailed = ({ failedAt }: { failedAt: number }) => performance.now() - failedAt < failedHostDelayMs;
    const inOrder = [...hosts.filter((host) => !isFailed(host)), ...hosts.filter(isFailed)];
    let fallback: pg.ClientConfig | undefined;
    const errors: unknown[] = [];
    for (const host of inOrder) {
      try {
        const server = await inspectServer(host.config);
        if (acceptsServer[target](server)) return host.config;
        if (target === 'prefer-standby' || isCurrentServer(server)) fallback ??= host.config;
        errors.push(describeServer(server));
      } catch (error) {
        // A rejected login ends the search, as in libpq: the other hosts have the same accounts.
        if (errorCodeOf(error).startsWith('28')) throw error;
        host.failedAt = performance.now();
        errors.push(error);
      }
    }
    if (fallback !== undefined) return fallback;
    const [firstError] = errors;
    if (errors.every(isTlsError)) throw firstError;
    throw new NoHostError(`no host is ${target === 'any' ? 'up' : target}: ${errors.map(String).join('; ')}`);
  }

  /** What was probed before a reset may be out of date. */
  async function searchAgainAfterReset(): Promise<pg.ClientConfig> {
    const resetsBefore = resets;
    const config = await search();
    return resets === resetsBefore ? config : search();
  }

  return {
    isFixed,
    async select() {
      if (isFixed || performance.now() < selection.until) return selection.config;
      selecting ??= searchAgainAfterReset().finally(() => {
        selecting = undefined;
      });
      const config = await selecting;
      selection = { config, until: performance.now() + selectionTtlMs };
      return config;
    },
    selected: () => selection.config,
    isAcceptable: (server) =>
      target === 'prefer-standby' || acceptsServer[target](server) || isCurrentServer(server),
    reset() {
      resets += 1;
      selection.until = Number.NEGATIVE_INFINITY;
    },
  };
}
