import { readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { BackupSettings } from '../config/backup.ts';
import { hasCode } from '../platform/files.ts';
import type { Store } from '../stores/store.ts';
import { walSegmentBytes } from './create.ts';
import type { BackupStatus } from './status.ts';
import { prepareTarget } from './target.ts';
import { listWal, segmentNumber, storeWal, timelineOf, walFileName } from './wal-store.ts';

const pollMs = 500;
const retryMs = 5_000;
/** While no WAL waits, the target is looked at so often, to find out that it is away. */
const probeMs = 10_000;
/** WAL that waits for longer counts as failing, although no error was seen: a target may hang. */
const slowMs = 30_000;

const isSegment = (name: string) => /^[0-9A-F]{24}$/.test(name);

async function newestSegments(target: Store): Promise<Map<number, number>> {
  const newest = new Map<number, number>();
  for (const name of [...(await listWal(target)).keys()].filter(isSegment))
    newest.set(timelineOf(name), Math.max(newest.get(timelineOf(name)) ?? 0, segmentNumber(name)));
  return newest;
}

export interface WalArchiver {
  /** Whether the target could be read and written once. */
  isReady(): boolean;
  /** Archives until `stop` aborts. Never rejects. */
  run(stop: AbortSignal): Promise<void>;
  status(): Pick<BackupStatus, 'failingSince' | 'reason' | 'archivedAt' | 'waitingSegments' | 'gapAt'>;
}

export type ArchiverSettings = Pick<BackupSettings, 'recipients' | 'walLimitMb'>;

/** What the functions of an archiver work with. */
interface ArchiverContext {
  settings: ArchiverSettings;
  target: Store;
  systemIdentifier: string;
  walDirectory: string;
  log: Logger;
  state: {
    failingSince: string | null;
    reason: string | null;
    archivedAt: string | null;
    gapAt: string | null;
    /** Since when there was WAL that waits, in ms of Unix time. */
    waitingSince: number | null;
    waitingSegments: number;
  };
  /** When the target was last found usable, in ms of Unix time. */
  probedAt: number;
  /** The number of the newest archived segment of each timeline; null before the target was read. */
  newest: Map<number, number> | null;
}

const markPath = ({ walDirectory }: ArchiverContext, name: string) =>
  join(walDirectory, 'archive_status', name);

async function markDone(context: ArchiverContext, name: string): Promise<void> {
  try {
    await rename(markPath(context, `${name}.ready`), markPath(context, `${name}.done`));
  } catch (error) {
    // A restarted server may have removed it.
    if (!hasCode(error, 'ENOENT')) throw error;
  }
}

function noteGap({ state, log }: ArchiverContext, reason: string): void {
  state.gapAt = new Date().toISOString();
  log.error({ reason }, 'archived WAL has a gap: the next backup ends it');
}

/** What waits, timelines' histories first. */
async function listWaiting(context: ArchiverContext): Promise<string[]> {
  const { state } = context;
  const names = (await readdir(markPath(context, '')))
    .flatMap((file) => (file.endsWith('.ready') ? [file.slice(0, -'.ready'.length)] : []))
    .filter((name) => walFileName.test(name))
    .sort((a, b) => Number(isSegment(a)) - Number(isSegment(b)) || (a < b ? -1 : 1));
  state.waitingSegments = names.filter(isSegment).length;
  if (names.length === 0) state.waitingSince = null;
  else state.waitingSince ??= Date.now();
  return names;
}

/** The service goes on: it would not if the disk were full. */
async function giveUpSurplus(context: ArchiverContext): Promise<void> {
  const maxWaiting = Math.floor((context.settings.walLimitMb * 2 ** 20) / walSegmentBytes);
  const segments = (await listWaiting(context)).filter(isSegment);
  const surplus = segments.slice(0, Math.max(0, segments.length - maxWaiting));
  for (const name of surplus) await markDone(context, name);
  if (surplus.length > 0)
    noteGap(context, `BACKUP_WAL_LIMIT_MB is reached, ${surplus.length} segments are given up`);
}

async function archive(context: ArchiverContext, name: string): Promise<void> {
  const { target, walDirectory, settings, newest, state } = context;
  await storeWal(target, join(walDirectory, name), name, settings.recipients);
  await markDone(context, name);
  state.archivedAt = new Date().toISOString();
  state.waitingSince = Date.now();
  if (!isSegment(name)) return;
  const [timeline, number] = [timelineOf(name), segmentNumber(name)];
  const before = newest?.get(timeline) ?? number;
  if (number > before + 1) noteGap(context, `segments before ${name} are missing`);
  newest?.set(timeline, Math.max(before, number));
}

async function archiveWaiting(context: ArchiverContext, stop: AbortSignal): Promise<void> {
  const { target, systemIdentifier, state, log } = context;
  const names = await listWaiting(context);
  const isQuiet = names.length === 0 && state.failingSince === null;
  if (isQuiet && Date.now() - context.probedAt < probeMs) return;
  await prepareTarget(target, systemIdentifier);
  context.newest ??= await newestSegments(target);
  context.probedAt = Date.now();
  for (const name of names) {
    if (stop.aborted) return;
    await archive(context, name);
  }
  await listWaiting(context);
  if (state.failingSince !== null) log.info('WAL is archived again');
  state.failingSince = null;
  state.reason = null;
}

async function recordFailure(context: ArchiverContext, error: unknown): Promise<void> {
  const { state, log } = context;
  state.reason = error instanceof Error ? error.message : String(error);
  if (state.failingSince === null) log.error({ reason: state.reason }, 'WAL cannot be archived');
  state.failingSince ??= new Date().toISOString();
  try {
    await giveUpSurplus(context);
  } catch (reason) {
    log.error({ reason: String(reason) }, 'waiting WAL cannot be counted');
  }
}

/**
 * Copies each WAL file that the server has completed to the target, then marks it as archived, so that the server may
 * remove it. The server has no `archive_command`: it would run under an account that may reach neither the target nor
 * this program. The marks are those of its own archiver, in `pg_wal/archive_status`.
 * @param gapAt of the last status
 */
export function createWalArchiver(
  settings: ArchiverSettings,
  target: Store,
  clusterDirectory: string,
  systemIdentifier: string,
  gapAt: string | null,
  log: Logger,
): WalArchiver {
  const nothing = { failingSince: null, reason: null, archivedAt: null, waitingSince: null };
  const context: ArchiverContext = {
    settings,
    target,
    probedAt: 0,
    systemIdentifier,
    walDirectory: join(clusterDirectory, 'pg_wal'),
    log,
    state: { ...nothing, gapAt, waitingSegments: 0 },
    newest: null,
  };
  return {
    isReady: () => context.newest !== null,
    async run(stop) {
      while (!stop.aborted) {
        let waitMs = pollMs;
        try {
          await archiveWaiting(context, stop);
        } catch (error) {
          if (stop.aborted) return;
          await recordFailure(context, error);
          waitMs = retryMs;
        }
        await sleep(waitMs, undefined, { signal: stop }).catch(() => undefined);
      }
    },
    status() {
      const { waitingSince, failingSince, ...rest } = context.state;
      const isSlow = waitingSince !== null && Date.now() - waitingSince > slowMs;
      return {
        ...rest,
        failingSince: failingSince ?? (isSlow ? new Date(waitingSince).toISOString() : null),
      };
    },
  };
}
