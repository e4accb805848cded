import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import type { Logger } from 'pino';
import type { BackupSettings } from '../config/backup.ts';
import type { StoreLocation } from '../config/store-location.ts';
import type { EmbeddedServer } from '../db/postgres/embedded.ts';
import { openStore } from '../stores/open-store.ts';
import { createWalArchiver, type WalArchiver } from './archiver.ts';
import { createScheduledBackups } from './scheduled-backups.ts';
import { type BackupStatus, emptyStatus, readBackupStatus, writeBackupStatus } from './status.ts';
import { isOnSameDisk } from './target.ts';

/** Backups of the embedded database by the one process that runs it. */
export interface BackupService {
  start(): void;
  /** Stops a running backup and the archiver. */
  close(): Promise<void>;
}

const archiverRestartMs = 1_000;
const statusMs = 2_000;
const scheduleMs = 1_000;

/** @returns null without a target, and for an external database */
export function createBackupService(
  settings: BackupSettings,
  dataDir: string,
  embedded: EmbeddedServer | null,
  log: Logger,
): BackupService | null {
  const { target } = settings;
  if (target === null || embedded === null) return null;
  const stopping = new AbortController();
  const stop = stopping.signal;
  const { gapAt } = readBackupStatus(dataDir);
  const backups = createScheduledBackups(settings, target, log, stop);
  let archiver: WalArchiver | undefined;

  const status = (): BackupStatus => ({
    ...emptyStatus,
    ...(archiver?.status() ?? { gapAt }),
    ...backups.status(),
    updatedAt: new Date().toISOString(),
  });

  async function archiveUntilStopped(server: EmbeddedServer, location: StoreLocation): Promise<void> {
    const id = await readSystemIdentifier(server);
    const store = await openStore(location, { stop });
    archiver = createWalArchiver(settings, store, server.clusterDirectory, id, gapAt, log);
    await archiver.run(stop);
  }

  async function backUpIfDue(): Promise<void> {
    const { failingSince, gapAt: gap } = status();
    if (archiver?.isReady() === true && failingSince === null) await backups.runIfDue(gap);
  }

  async function repeat(intervalMs: number, work: () => unknown, failure: string): Promise<void> {
    while (!stop.aborted) {
      try {
        await work();
      } catch (error) {
        if (!stop.aborted) log.error({ reason: String(error) }, failure);
      }
      await sleep(intervalMs, undefined, { signal: stop }).catch(() => undefined);
    }
  }

  const running: Promise<void>[] = [];
  return {
    start() {
      warnOfSameDisk(target, dataDir, log);
      const store = () => writeBackupStatus(dataDir, status());
      running.push(
        repeat(archiverRestartMs, () => archiveUntilStopped(embedded, target), 'WAL cannot be archived'),
        repeat(statusMs, store, 'the status of the backups cannot be written'),
        repeat(scheduleMs, backUpIfDue, 'the backups cannot be read'),
      );
    },
    async close() {
      stopping.abort();
      await Promise.all(running);
    },
  };
}

function warnOfSameDisk(target: StoreLocation, dataDir: string, log: Logger): void {
  try {
    if (target.kind === 'directory' && isOnSameDisk(target, dataDir))
      log.warn(
        { directory: target.path },
        'BACKUP_DIRECTORY is on the disk of DATA_DIR: its loss takes both',
      );
  } catch {
    // The archiver reports a directory that is missing.
  }
}

async function readSystemIdentifier({ admin }: EmbeddedServer): Promise<string> {
  const client = new Client({ ...admin, ssl: false, application_name: 'duly backup' });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query<{ id: string }>(
      'select system_identifier::text as id from pg_control_system()',
    );
    return rows[0]?.id ?? '';
  } finally {
    await client.end();
  }
}
