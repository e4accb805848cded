import { lstatSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import type { Logger } from 'pino';
import { StartError } from '../../platform/errors.ts';
import { type Cluster, openCluster } from './cluster.ts';
import { rolePassword } from './password.ts';
import { readPidFile, shutDown } from './postmaster.ts';
import {
  adminConnection,
  type ConnectionSettings,
  ensureRunning,
  type RunningServer,
} from './running-server.ts';
import { chooseSocketDirectory, removeSocketDirectory } from './sockets.ts';

export type { ConnectionSettings as Connection } from './running-server.ts';

/** The PostgreSQL server that Duly brings and looks after itself. */
export interface EmbeddedServer {
  /** Role `duly`, not a superuser, owner of the database `duly`. */
  app: ConnectionSettings;
  /** Superuser `postgres`, database `postgres`. */
  admin: ConnectionSettings;
  /** Real path of the PostgreSQL data directory. */
  dataDir: string;
  /** Whether this call created the cluster. */
  firstStart: boolean;
  /** Whether a server that a killed process left running was taken over. */
  adopted: boolean;
  /** Shuts the server down cleanly: at most 25 s. May be called again. */
  stop(): Promise<void>;
}

/** Role and database of the application. */
const appRole = 'duly';

/**
 * Key of the advisory lock in database `postgres` that marks the one live Duly of a data directory: "duly" in ASCII.
 */
const dataDirLockKey = 0x64756c79;
/** A killed process' connection takes a moment to go away; a command shares the server instead of waiting. */
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
 * Starts the database of `dataDir` (DATA_DIR), or takes over one that a killed Duly left running. From then on the
 * server is started again by itself whenever it dies; `app` and `admin` stay valid over that. Installs no signal or
 * exit hooks.
 *
 * Run as root, the server gets an unprivileged account. Where that account cannot pass through DATA_DIR, the files are
 * in /var/lib/duly and `DATA_DIR/postgres` is a link to them.
 *
 * @throws StartError with one line when the directory cannot be used, belongs to another running Duly or another major
 * version, or the server does not start within 30 s (10 min while it recovers from a crash).
 */
export const startEmbedded = (options: { dataDir: string; log: Logger }): Promise<EmbeddedServer> =>
  startOrTakeOver(lockGraceMs.service, options);

async function startOrTakeOver(
  graceMs: number,
  options: { dataDir: string; log: Logger },
): Promise<EmbeddedServer> {
  const { log } = options;
  const cluster = await openCluster(resolve(options.dataDir), log);
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
    dataDir: cluster.directory,
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
 * A running server whose lock we hold. Goes round again when the server ends meanwhile, as its last owner may be
 * stopping it.
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
      return running;
    } catch (error) {
      await running.client.end();
      if (error instanceof InUseError || signal.aborted) throw error;
      log.info({ err: error }, 'the embedded PostgreSQL went away while taking it over');
    }
  }
}

/**
 * For a command: the connection to the server that another Duly runs, left to that one; else a server of our own.
 * @throws StartError like `startEmbedded`, and where there is no database yet.
 */
export async function joinEmbedded(options: { dataDir: string; log: Logger }): Promise<EmbeddedServer> {
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
      dataDir: cluster.directory,
      firstStart: false,
      adopted: true,
      async stop() {},
    };
  }
}

async function tryLock(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ locked: boolean }>('select pg_try_advisory_lock($1) as locked', [
    dataDirLockKey,
  ]);
  return rows[0]?.locked === true;
}

/** Done on every start: heals a first start that was cut short, and a role somebody has changed. */
async function provision(client: Client, password: string): Promise<void> {
  const role = await client.query('select from pg_roles where rolname = $1', [appRole]);
  if (role.rowCount === 0) await client.query(`create role ${appRole}`);
  await client.query(
    `alter role ${appRole} login nosuperuser nocreatedb nocreaterole noreplication nobypassrls password ${client.escapeLiteral(password)}`,
  );
  const database = await client.query('select from pg_database where datname = $1', [appRole]);
  if (database.rowCount === 0) await client.query(`create database ${appRole} owner ${appRole}`);
  await client.query(`alter database ${appRole} owner to ${appRole}`);
}

/**
 * Brings the server back whenever the lock's connection breaks. Ends at the signal, with the server if we hold it then.
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
