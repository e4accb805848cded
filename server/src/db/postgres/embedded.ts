import { lstatSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { StartError } from '../../platform/errors.ts';
import { type Cluster, openCluster } from './cluster.ts';
import { rolePassword } from './password.ts';
import { readPidFile, shutDown } from './postmaster.ts';
import { appRole, provision, tryLock } from './provision.ts';
import { settleRestore } from './restored-cluster.ts';
import {
  adminConnection,
  type ConnectionSettings,
  ensureRunning,
  type RunningServer,
} from './running-server.ts';
import { chooseSocketDirectory, removeSocketDirectory } from './sockets.ts';
import { archiveSettings, archivesAs, startArchiveTimer } from './wal-archive.ts';

export type { ConnectionSettings } from './running-server.ts';

/** The embedded PostgreSQL server, which Duly starts and supervises. */
export interface EmbeddedServer {
  /** Connection of the role `duly`: no superuser, owner of the database `duly`. */
  app: ConnectionSettings;
  /** Connection of the superuser `postgres` to the database `postgres`. */
  admin: ConnectionSettings;
  /** Real path of the PostgreSQL data directory, which is not DATA_DIR itself. */
  clusterDirectory: string;
  /** Whether this call created the cluster. */
  firstStart: boolean;
  /** Whether the server was already running, left by a killed process. */
  adopted: boolean;
  /** Shuts the server down cleanly, in at most 25 s. May be called more than once. */
  stop(): Promise<void>;
}

/** A killed process' connection, and its lock, take a moment to go. A command does not wait: it shares the server. */
const lockGraceMs = { service: 3_000, command: 100 };
const maxBackoffMs = 5_000;

class InUseError extends StartError {
  readonly socketDirectory: string;
  constructor(dataDir: string, socketDirectory: string) {
    super(`DATA_DIR ${dataDir} is in use by another running Duly: stop that one, or set another DATA_DIR`);
    this.socketDirectory = socketDirectory;
  }
}

/**
 * Starts the database of `dataDir` (DATA_DIR), or adopts one that a killed Duly left running. Restarts the server
 * whenever it dies; `app` and `admin` stay valid. Installs no signal or exit hooks.
 *
 * If Duly runs as root, the server runs under an unprivileged account. If that account cannot traverse DATA_DIR, the
 * files are in /var/lib/duly and `DATA_DIR/postgres` is a link to them.
 *
 * @throws StartError in one line if the directory is unusable, or belongs to another running Duly or major version
 * @throws StartError if the server does not start within 30 s (10 min while it recovers from a crash)
 */
export const startEmbedded = (options: EmbeddedOptions): Promise<EmbeddedServer> =>
  startOrTakeOver(lockGraceMs.service, options);

export interface EmbeddedOptions {
  dataDir: string;
  log: Logger;
  /** Stores WAL until it is archived. A segment is complete after so many seconds at most; null or none: not stored. */
  archiveSeconds?: number | null;
}

async function startOrTakeOver(graceMs: number, options: EmbeddedOptions): Promise<EmbeddedServer> {
  const { log, archiveSeconds = null } = options;
  await settleRestore(resolve(options.dataDir));
  const cluster = await openCluster(resolve(options.dataDir), log, archiveSettings(archiveSeconds));
  const stopping = new AbortController();
  const first = await takeOver(cluster, chooseSocketDirectory(cluster), log, stopping.signal, graceMs);
  const { adopted, socketDirectory } = first;
  const admin = adminConnection(cluster, socketDirectory);
  const password = rolePassword(cluster.password, appRole);
  try {
    await provision(first.client, password);
  } catch (error) {
    if (!adopted) await shutDown(cluster, first.pid, log);
    await first.client.end();
    throw new StartError(
      `DATA_DIR ${cluster.dataDir}: the database could not be prepared: ${error instanceof Error ? error.message : error}`,
    );
  }
  log.info({ directory: cluster.directory, postmasterPid: first.pid, adopted }, 'embedded PostgreSQL runs');

  const supervision = supervise(cluster, first, log, stopping.signal);
  let stopped: Promise<void> | undefined;
  return {
    app: { ...admin, user: appRole, password, database: appRole },
    admin,
    clusterDirectory: cluster.directory,
    firstStart: cluster.created,
    adopted,
    stop() {
      stopping.abort();
      stopped ??= supervision.then((held) => stop(cluster, held, socketDirectory, log));
      return stopped;
    },
  };
}

/**
 * Returns a running server after it has taken the advisory lock. Starts over if the server ends meanwhile: its last
 * owner may be stopping it.
 */
async function takeOver(
  cluster: Cluster,
  socketDirectory: string,
  log: Logger,
  signal: AbortSignal,
  graceMs = lockGraceMs.service,
): Promise<RunningServer> {
  const deadline = performance.now() + graceMs;
  for (;;) {
    const running = await ensureRunning(cluster, socketDirectory, log, signal);
    try {
      while (!(await tryLock(running.client))) {
        if (performance.now() > deadline) {
          throw new InUseError(cluster.dataDir, running.socketDirectory);
        }
        await sleep(50, undefined, { signal });
      }
      if (!running.adopted || (await archivesAs(running.client, cluster))) {
        await startArchiveTimer(running.client);
        return running;
      }
      // A server that a killed Duly left has the settings of that time, and these need a restart.
      await shutDown(cluster, running.pid, log);
      await running.client.end();
    } catch (error) {
      await running.client.end();
      if (error instanceof InUseError || signal.aborted) throw error;
      log.info({ err: error }, 'the embedded PostgreSQL went away while taking it over');
    }
  }
}

/**
 * For a command: connects to the server of another running Duly and never stops it. Starts a server if none runs.
 * @throws StartError like `startEmbedded`, and if there is no database yet
 */
export async function joinEmbedded(options: EmbeddedOptions): Promise<EmbeddedServer> {
  await settleRestore(options.dataDir);
  if (lstatSync(join(options.dataDir, 'postgres'), { throwIfNoEntry: false }) === undefined)
    throw new StartError(
      `DATA_DIR ${options.dataDir} holds no database: start the service once, or set the DATA_DIR that it has`,
    );
  try {
    return await startOrTakeOver(lockGraceMs.command, options);
  } catch (error) {
    if (!(error instanceof InUseError)) throw error;
    const cluster = await openCluster(resolve(options.dataDir), options.log);
    const admin = adminConnection(cluster, error.socketDirectory);
    return {
      app: { ...admin, user: appRole, password: rolePassword(cluster.password, appRole), database: appRole },
      admin,
      clusterDirectory: cluster.directory,
      firstStart: false,
      adopted: true,
      async stop() {},
    };
  }
}

/**
 * Restarts the server whenever the connection that holds the lock breaks, until `signal` aborts.
 * @returns the running server; undefined if another Duly holds the lock
 */
async function supervise(
  cluster: Cluster,
  first: RunningServer,
  log: Logger,
  signal: AbortSignal,
): Promise<RunningServer | undefined> {
  const aborted = new Promise((settle) => signal.addEventListener('abort', settle, { once: true }));
  let running = first;
  let inUse = false;
  for (;;) {
    await Promise.race([running.connectionLost, aborted]);
    if (signal.aborted) return running;
    log.error({ postmasterPid: running.pid }, 'lost the embedded PostgreSQL; bringing it back');
    for (let backoffMs = 100; ; backoffMs = Math.min(backoffMs * 2, maxBackoffMs)) {
      try {
        running = await takeOver(cluster, first.socketDirectory, log, signal);
        inUse = false;
        break;
      } catch (error) {
        inUse ||= error instanceof InUseError;
        if (signal.aborted) return inUse ? undefined : running;
        log.error({ err: error }, 'the embedded PostgreSQL is not back yet');
        await sleep(backoffMs, undefined, { signal }).catch(() => {});
      }
    }
    log.info({ postmasterPid: running.pid }, 'embedded PostgreSQL runs again');
  }
}

async function stop(
  cluster: Cluster,
  held: RunningServer | undefined,
  socketDirectory: string,
  log: Logger,
): Promise<void> {
  if (held === undefined) return;
  await shutDown(cluster, readPidFile(cluster.directory)?.pid ?? held.pid, log);
  removeSocketDirectory(cluster, socketDirectory);
  await held.client.end();
  log.info('embedded PostgreSQL stopped');
}
