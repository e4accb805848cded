import type pg from 'pg';
import type { SessionTarget } from '../config/database-url.ts';
import { errorCodeOf, isTlsError } from './failures.ts';
import { inspectServer, type ServerState } from './inspect-server.ts';

/** The way to a database. Plain data: it is sent to worker processes. */
export interface DatabaseConnection extends pg.ClientConfig {
  /** The same for the other hosts of a list, in the order in which they are tried after the first. */
  otherHosts?: readonly pg.ClientConfig[];
  /** What a session has to be for its host to be used; any without it. */
  target?: SessionTarget;
}

/** How long a host that was chosen is used without another look at those before it. */
const selectionTtlMs = 1_000;
/** A host that could not be reached is tried after the others for so long: it may cost a time-out each time. */
const failedHostDelayMs = 5_000;

/** Whether a session on the server is what is wanted; `prefer-standby` takes what it gets. */
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

/** Every host is down or is not what is wanted. The code is that of a connection that cannot be made. */
export class NoHostError extends Error {
  override name = 'NoHostError';
  readonly code = '08001';
}

/** Chooses the host for a new connection, as libpq does (PostgreSQL manual, 32.1.1.3), which the driver does not. */
export interface HostSelector {
  /** Whether there is nothing to choose. */
  isFixed: boolean;
  /**
   * The settings that lead to the chosen host, which was asked for its state.
   * @throws as the driver, or an error of class 08.
   */
  select(): Promise<pg.ClientConfig>;
  /** What was chosen last. */
  selected(): pg.ClientConfig;
  /** Whether a session that was opened is what is wanted: the host may have changed since it was chosen. */
  isAcceptable(server: ServerState): boolean;
  /** Looks at the hosts anew at the next choice. */
  reset(): void;
}

/** @param isCurrentServer whether a server will do although it is not what is wanted, as long as no other host is */
export function createHostSelector(
  { otherHosts = [], target = 'any', ...first }: DatabaseConnection,
  isCurrentServer: (server: ServerState) => boolean = () => false,
): HostSelector {
  const hosts = [first, ...otherHosts].map((config) => ({ config, failedAt: Number.NEGATIVE_INFINITY }));
  const isFixed = hosts.length === 1 && target === 'any';
  let selection = { config: first, until: Number.NEGATIVE_INFINITY };
  let selecting: Promise<pg.ClientConfig> | undefined;

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
        // A log-in that is refused ends the search, as in libpq: the other hosts are the same database.
        if (errorCodeOf(error).startsWith('28')) throw error;
        host.failedAt = performance.now();
        errors.push(error);
      }
    }
    if (fallback !== undefined) return fallback;
    const [fault] = errors;
    if (errors.every(isTlsError)) throw fault;
    throw new NoHostError(`no host is ${target === 'any' ? 'up' : target}: ${errors.map(String).join('; ')}`);
  }

  return {
    isFixed,
    async select() {
      if (isFixed || performance.now() < selection.until) return selection.config;
      selecting ??= search().finally(() => {
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
      selection.until = Number.NEGATIVE_INFINITY;
    },
  };
}
