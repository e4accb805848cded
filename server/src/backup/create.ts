import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import type { StoreLocation } from '../config/store-location.ts';
import type { ConnectionSettings } from '../db/postgres/embedded.ts';
import { readErasureList } from '../erasure/list.ts';
import { appendToListCopy } from '../erasure/list-copy.ts';
import { readSecret } from '../platform/data-dir.ts';
import { StartError } from '../platform/errors.ts';
import { version } from '../platform/version.ts';
import { openStore } from '../stores/open-store.ts';
import type { Store } from '../stores/store.ts';
import { type ArchiveSource, secretEntry, textSource, writeArchive } from './archive.ts';
import { clusterSize, listClusterFiles, readExactly } from './cluster-files.ts';
import { encodedEnding, writeEncoded } from './encoding.ts';
import type { DatabaseState, Manifest } from './manifest.ts';
import { createRestorePoint, type RestorePoint } from './restore-point.ts';
import { readState } from './state.ts';
import { folderOf, manifestPath, newBackupName, prepareTarget, removeUnfinished } from './target.ts';

export interface BackupSource {
  dataDir: string;
  clusterDirectory: string;
  /** The list of erased users, which is copied beside the backups. */
  erasureList: string;
  /** The superuser's connection. */
  admin: ConnectionSettings;
}

/** Key of the advisory lock that a running backup holds: "bkup" in ASCII. */
const backupLockKey = 0x626b7570;

/**
 * Backs the embedded database up while it serves: its files, and the WAL that makes them consistent.
 * @returns the manifest of the new backup
 * @throws StartError if the target has too little space or is another database's, or another backup runs
 */
export async function createBackup(
  source: BackupSource,
  location: StoreLocation,
  recipients: readonly string[],
): Promise<Manifest> {
  const [session, reader] = [await connect(source.admin), await connect(source.admin)];
  try {
    const server = await identifyServer(session);
    const target = await openStore(location);
    await prepareTarget(target, server.systemIdentifier);
    await removeUnfinished(target);
    await requireSpace(source.clusterDirectory, target);
    const name = newBackupName();
    try {
      const copied = await copyCluster({ source, session, reader, recipients }, name, target);
      const manifest = { ...copied, ...server };
      await target.write(manifestPath(name), Buffer.from(`${JSON.stringify(manifest, null, 1)}\n`));
      await appendToListCopy(location, readErasureList(source.erasureList));
      return manifest;
    } catch (error) {
      // It may be the target that fails: then the next backup removes the rest.
      await removeUnfinished(target).catch(() => undefined);
      throw error;
    }
  } finally {
    // The session's end stops a backup that failed, and drops the replication slot.
    await Promise.all([session.end(), reader.end()]);
  }
}

async function connect(admin: ConnectionSettings): Promise<Client> {
  const client = new Client({ ...admin, database: 'duly', ssl: false, application_name: 'duly backup' });
  // The statement that a lost connection interrupts reports it.
  client.on('error', () => undefined);
  await client.connect();
  await client.query('set statement_timeout = 0; set idle_in_transaction_session_timeout = 0');
  return client;
}

type ServerFacts = Pick<Manifest, 'postgres' | 'systemIdentifier' | 'timeline'>;

async function identifyServer(session: Client): Promise<ServerFacts> {
  const { rows } = await session.query<ServerFacts & { locked: boolean }>(
    `select pg_try_advisory_lock($1) as locked, current_setting('server_version') as postgres,
      system_identifier::text as "systemIdentifier", timeline_id as timeline
    from pg_control_system(), pg_control_checkpoint()`,
    [backupLockKey],
  );
  const [found] = rows;
  if (found === undefined || !found.locked) throw new StartError('backup: another backup is running');
  const { postgres, systemIdentifier, timeline } = found;
  return { postgres, systemIdentifier, timeline };
}

/** Compressed, a backup is smaller; how much shows only afterwards. */
async function requireSpace(clusterDirectory: string, target: Store): Promise<void> {
  const [free, wanted] = [target.freeBytes(), clusterSize(clusterDirectory)];
  if (free === null || free >= wanted) return;
  const [freeMb, wantedMb] = [free, wanted].map((bytes) => Math.ceil(bytes / 2 ** 20));
  throw new StartError(
    `backup: ${target.location} has ${freeMb} MB free, and the database has ${wantedMb} MB`,
  );
}

interface CopyContext {
  source: BackupSource;
  session: Client;
  reader: Client;
  recipients: readonly string[];
}

async function copyCluster(
  context: CopyContext,
  name: string,
  target: Store,
): Promise<Omit<Manifest, keyof ServerFacts>> {
  const { source, session, reader, recipients } = context;
  const startedAt = new Date().toISOString();
  // Until this session ends, the server keeps all WAL from here on.
  await session.query('select pg_create_physical_replication_slot($1, true, true)', [
    `duly_backup_${randomBytes(6).toString('hex')}`,
  ]);
  const { rows } = await session.query<{ wal: string }>(
    'select pg_walfile_name(pg_backup_start($1, fast => true)) as wal',
    [name],
  );
  const firstWal = rows[0]?.wal ?? '';
  const secret = recipients.length > 0 ? readSecret(source.dataDir) : null;
  const files: Manifest['files'] = [];
  const ending: { point?: RestorePoint; state?: Promise<DatabaseState> } = {};

  async function* sources(): AsyncGenerator<ArchiveSource> {
    for (const entry of listClusterFiles(source.clusterDirectory))
      yield {
        ...entry,
        body:
          entry.type === 'file'
            ? readExactly(join(source.clusterDirectory, entry.path), entry.sizeBytes)
            : [],
      };
    if (secret !== null) yield textSource(secretEntry, secret);
    yield* await stopBackup(session);
    const point = await createRestorePoint(session, reader, name);
    ending.point = point;
    ending.state = readState(reader);
    ending.state.catch(() => undefined);
    await session.query('select pg_switch_wal()');
    yield* walSources(source.clusterDirectory, firstWal, point.wal);
  }

  const archiveName = `data.tar${encodedEnding(recipients)}`;
  const archive = await writeEncoded(writeArchive(sources(), files), recipients, (chunks) =>
    target.writeStream(`${folderOf(name)}${archiveName}`, chunks),
  );
  const { point, state } = ending;
  if (point === undefined || state === undefined)
    throw new Error('the archive ended before its restore point');
  return {
    format: 1,
    name,
    duly: version,
    startedAt,
    consistentAt: point.at,
    restorePoint: point.name,
    lsn: point.lsn,
    firstWal,
    lastWal: point.wal,
    state: await state,
    encrypted: recipients.length > 0,
    holdsSecret: secret !== null,
    archive: { name: archiveName, ...archive },
    sizeBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    files,
  };
}

/** The two files that PostgreSQL needs to recover a copy. They are in the archive only, never in the data directory. */
async function stopBackup(session: Client): Promise<ArchiveSource[]> {
  const { rows } = await session.query<{ labelfile: string; spcmapfile: string }>(
    'select labelfile, spcmapfile from pg_backup_stop(wait_for_archive => false)',
  );
  const { labelfile = '', spcmapfile = '' } = rows[0] ?? {};
  const label = textSource('backup_label', labelfile);
  return spcmapfile === '' ? [label] : [label, textSource('tablespace_map', spcmapfile)];
}

async function* walSources(
  clusterDirectory: string,
  first: string,
  last: string,
): AsyncGenerator<ArchiveSource> {
  const directory = join(clusterDirectory, 'pg_wal');
  const names = (await readdir(directory)).filter((name) => /^[0-9A-F]{24}$/.test(name));
  for (const name of names.sort().filter((one) => one >= first && one <= last)) {
    const sizeBytes = walSegmentBytes;
    yield {
      path: `pg_wal/${name}`,
      type: 'file',
      sizeBytes,
      body: readExactly(join(directory, name), sizeBytes),
    };
  }
}

/** initdb's default, which every embedded database has. */
export const walSegmentBytes = 16 * 2 ** 20;
