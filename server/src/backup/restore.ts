import { existsSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { StoreLocation } from '../config/store-location.ts';
import { superuserPassword } from '../db/postgres/password.ts';
import { isPostmaster, readPidFile } from '../db/postgres/postmaster.ts';
import {
  type FinishedRestore,
  finishRestore,
  lockForRestore,
  settleRestore,
  storeRestoredSecret,
} from '../db/postgres/restored-cluster.ts';
import { prepareDataDir } from '../platform/data-dir.ts';
import { StartError } from '../platform/errors.ts';
import type { Store } from '../stores/store.ts';
import { finishRestoredData, type RestoredFacts } from './after-restore.ts';
import { extractBackup } from './extract.ts';
import {
  createScratchCluster,
  isTargetNotReached,
  publishScratchCluster,
  type RecoveredServer,
  recover,
  removeScratchCluster,
  type ScratchCluster,
} from './scratch-cluster.ts';
import { type Backup, listBackups, openTarget } from './target.ts';
import { findGap, isOnTimeline, readTimeline, type Timeline } from './timelines.ts';
import { listWal, type StoredWal } from './wal-store.ts';
import { supplyWal } from './wal-supply.ts';

export interface RestoreRequest {
  dataDir: string;
  /** The list of erased users; its copy is beside the backups. */
  erasureList: string;
  target: StoreLocation;
  identities: readonly string[];
  /** The last instant to keep; null: everything that the archive has. */
  to: Date | null;
  /** The name of the backup to begin with; null: the newest before `to`. */
  backupName: string | null;
  /** The id of a timeline that an earlier restore left; null: the newest. */
  timeline: number | null;
  /** Whether the service archives WAL: then that of the restored cluster is kept for it. */
  archivesWal: boolean;
}

export interface RestoreReport extends RestoredFacts, FinishedRestore {
  backup: Backup;
  /** False if the archive has no commit after `to`, so that everything in it was restored. */
  reachedTarget: boolean;
  /** The number of the first missing segment, in hex; null if none is missing. WAL after it was not used. */
  gap: string | null;
}

interface Archive {
  store: Store;
  wal: ReadonlyMap<string, StoredWal>;
}

/**
 * Restores into a new data directory beside the old one, and exchanges the two at the end. The old one is renamed.
 * Until then, and after a kill at any point, DATA_DIR is as it was. Then the next start completes the exchange.
 * @throws StartError while a server runs on DATA_DIR, and if backup or archive are damaged or do not reach `to`
 */
export async function restoreBackup(request: RestoreRequest, log: Logger): Promise<RestoreReport> {
  const { dataDir } = request;
  const store = await openTarget(request.target);
  prepareDataDir(dataDir);
  await settleRestore(dataDir);
  requireStopped(dataDir);
  const lock = lockForRestore(dataDir);
  try {
    const archive = { store, wal: await listWal(store) };
    const { backup, timeline } = await chooseBackup(request, archive);
    const scratch = createScratchCluster(dataDir, 'restore');
    try {
      const recovered = await recoverData(request, backup, timeline, archive, scratch, log);
      // A server without this lock, such as one of an older version, may have been started meanwhile.
      requireStopped(dataDir);
      publishScratchCluster(scratch, dataDir);
      const finished = finishRestore(dataDir);
      if (finished === null) throw new Error('the restored cluster is gone');
      return { ...recovered, ...finished, backup, gap: findGap(archive.wal, backup, timeline) };
    } finally {
      removeScratchCluster(scratch);
    }
  } finally {
    lock.release();
  }
}

function requireStopped(dataDir: string): void {
  const path = join(dataDir, 'postgres');
  if (!existsSync(path)) return;
  const directory = realpathSync(path);
  const pid = readPidFile(directory)?.pid;
  if (pid !== undefined && isPostmaster(pid, directory))
    throw new StartError(
      `DATA_DIR ${dataDir} is in use by a running Duly or its database (pid ${pid}): stop it, then restore`,
    );
}

async function chooseBackup(
  { identities, to, backupName, timeline: wanted }: RestoreRequest,
  { store, wal }: Archive,
): Promise<{ backup: Backup; timeline: Timeline }> {
  const damaged: string[] = [];
  const backups = await listBackups(store, (reason) => damaged.push(reason));
  if (backups.length === 0)
    throw new StartError(damaged[0] ?? `restore: ${store.location} has no complete backup`);
  const timeline = await readTimeline(store, wal, backups, identities, wanted);
  const usable = backups
    .filter((backup) => isOnTimeline(backup, timeline))
    .filter(({ name }) => backupName === null || name === backupName);
  const backup = usable.findLast(({ manifest }) => to === null || new Date(manifest.consistentAt) <= to);
  if (backup !== undefined) return { backup, timeline };
  const [oldest] = usable;
  throw new StartError(
    oldest === undefined
      ? `restore: got the backup ${backupName}, wants one that "backup list" shows`
      : `restore: got ${to?.toISOString()}, wants a time after the oldest backup, ${oldest.manifest.consistentAt}`,
  );
}

type RecoveredData = RestoredFacts & Pick<RestoreReport, 'reachedTarget'>;

async function recoverData(
  request: RestoreRequest,
  backup: Backup,
  timeline: Timeline,
  archive: Archive,
  scratch: ScratchCluster,
  log: Logger,
): Promise<RecoveredData> {
  const { dataDir, to, archivesWal } = request;
  const settings = {
    recovery_target_timeline: String(timeline.id),
    ...(archivesWal ? { archive_mode: 'on', archive_command: '' } : { archive_mode: 'off' }),
  };
  if (to !== null) {
    // The setting takes no `Z`.
    const byTime = { ...settings, recovery_target_time: to.toISOString().replace('Z', '+00') };
    const recovered = await recoverFresh(request, backup, archive, scratch, byTime, log);
    if (recovered !== null) return { ...recovered, reachedTarget: true };
  }
  // No commit follows `to`, so everything that the archive has is what there was at that time.
  const recovered = await recoverFresh(request, backup, archive, scratch, settings, log);
  if (recovered === null) throw new StartError(`DATA_DIR ${dataDir}: the recovery did not reach its end`);
  return { ...recovered, reachedTarget: to === null };
}

/** @returns null if the archive ends before the target */
async function recoverFresh(
  { dataDir, erasureList, target, identities }: RestoreRequest,
  backup: Backup,
  { store, wal }: Archive,
  { cluster, ...scratch }: ScratchCluster,
  settings: Readonly<Record<string, string>>,
  log: Logger,
): Promise<RestoredFacts | null> {
  const walDirectory = join(scratch.workDirectory, 'wal');
  for (const path of [cluster.directory, walDirectory]) rmSync(path, { recursive: true, force: true });
  const secret = await extractBackup(store, backup, cluster.directory, identities);
  const supply = supplyWal(store, wal, walDirectory, cluster.account, identities);
  let server: RecoveredServer | undefined;
  try {
    server = await recover({ cluster, ...scratch }, { ...settings, restore_command: supply.command }, log);
    const facts = await finishRestoredData(
      server,
      join(cluster.directory, 'PG_VERSION'),
      superuserPassword(dataDir, true),
      { path: erasureList, copy: target },
      log,
    );
    if (secret !== null) storeRestoredSecret(cluster.directory, secret);
    return facts;
  } catch (error) {
    const failure = supply.failure();
    if (failure !== null)
      throw new StartError(`restore: ${failure instanceof Error ? failure.message : failure}`);
    if (isTargetNotReached(error)) return null;
    throw error;
  } finally {
    await server?.stop();
    await supply.close();
  }
}
