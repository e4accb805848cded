import { setPriority } from 'node:os';
import { createBackup } from '../backup/create.ts';
import { readIdentities } from '../backup/encoding.ts';
import { pruneTarget } from '../backup/prune.ts';
import { isOnSameDisk, listBackups, openTarget } from '../backup/target.ts';
import { verifyBackup } from '../backup/verify.ts';
import type { Config } from '../config/config.ts';
import type { StoreLocation } from '../config/store-location.ts';
import { StartError } from '../platform/errors.ts';
import { hasCode } from '../platform/files.ts';
import { createLog } from '../platform/log.ts';
import { databaseStartError, joinDatabase } from '../process/database.ts';
import { rejectOnStopSignal } from '../process/stop-signals.ts';
import { type SubcommandName, selectSubcommand } from './arguments.ts';
import { chooseTarget } from './backup-target.ts';
import { parseOptions } from './options.ts';
import { printLine, printRow } from './print.ts';

type BackupSubcommand = (config: Config, args: string[]) => Promise<void>;

const subcommands: Record<SubcommandName<'backup'>, BackupSubcommand> = {
  create,
  list,
  prune,
  verify,
};

/** Of the scale of nice(1): requests go first. */
const niceness = 10;

const megabytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MB`;

async function create(config: Config, args: string[]): Promise<void> {
  const options = parseOptions('backup create', ['directory'], args);
  const target = chooseTarget('backup create', config.backup, options.directory);
  const { recipients } = config.backup;
  setPriority(niceness);
  const stopped = rejectOnStopSignal();
  const database = await joinDatabase(config, createLog('silent'));
  try {
    if (database.embedded === null)
      throw new StartError(
        'backup: DATABASE_URL names an external database, which is backed up by its own means',
      );
    const source = { ...database.embedded, dataDir: config.dataDir, erasureList: config.erasure.path };
    const manifest = await Promise.race([createBackup(source, target, recipients), stopped]);
    const { name, sizeBytes, archive, encrypted, holdsSecret } = manifest;
    printLine(`${name}: ${megabytes(sizeBytes)} in ${megabytes(archive.sizeBytes)} below ${nameOf(target)}`);
    if (!encrypted)
      printLine(
        'not encrypted, and without BETTER_AUTH_SECRET, or the secret generated in DATA_DIR: keep that apart',
      );
    else if (!holdsSecret) printLine('encrypted, and without BETTER_AUTH_SECRET: keep that apart');
    if (isOnSameDisk(target, config.dataDir))
      printLine('it is on the disk of DATA_DIR: a copy elsewhere is wanted');
  } catch (error) {
    throw databaseStartError(error) ?? writeError(error, nameOf(target)) ?? error;
  } finally {
    await database.close();
  }
}

/** For messages. */
const nameOf = (location: StoreLocation) => (location.kind === 'directory' ? location.path : location.url);

function writeError(error: unknown, directory: string): StartError | null {
  return error instanceof Error &&
    hasCode(error, 'EACCES', 'EPERM', 'EROFS', 'ENOENT', 'ENOTDIR', 'ENOSPC', 'EIO')
    ? new StartError(`backup: ${directory} cannot be written (${error.message})`)
    : null;
}

async function list(config: Config, args: string[]): Promise<void> {
  const options = parseOptions('backup list', ['directory'], args);
  const target = await openTarget(chooseTarget('backup list', config.backup, options.directory));
  const widths = [20, 27, 12, 12, 9];
  printRow(widths, ['name', 'consistent_at', 'size', 'stored', 'encrypted']);
  const onDamaged = (reason: string) => {
    process.exitCode = 1;
    printLine(reason);
  };
  for (const { name, manifest } of await listBackups(target, onDamaged))
    printRow(widths, [
      name,
      manifest.consistentAt,
      manifest.sizeBytes,
      manifest.archive.sizeBytes,
      manifest.encrypted ? 'yes' : 'no',
    ]);
}

async function prune(config: Config, args: string[]): Promise<void> {
  const options = parseOptions('backup prune', ['directory'], args);
  const target = await openTarget(chooseTarget('backup prune', config.backup, options.directory));
  const { backups, walFiles } = await pruneTarget(target, config.backup.keepDays);
  for (const { name } of backups) printLine(`removed ${name}`);
  printLine(`${backups.length} backups and ${walFiles} WAL files removed`);
}

async function verify(config: Config, args: string[]): Promise<void> {
  const options = parseOptions('backup verify', ['backup', 'directory'], args);
  const target = await openTarget(chooseTarget('backup verify', config.backup, options.directory));
  const chosen = (await listBackups(target)).findLast(
    ({ name }) => options.backup === undefined || name === options.backup,
  );
  if (chosen === undefined)
    throw new StartError(
      `backup verify: got ${options.backup ?? 'no backup'}, wants one that "backup list" shows`,
    );
  setPriority(niceness);
  const stopped = rejectOnStopSignal();
  const identities = readIdentities(config.backup.identityFile);
  const verified = verifyBackup(target, chosen, config.dataDir, identities, createLog('silent'));
  const findings = await Promise.race([verified, stopped]);
  for (const finding of findings) printLine(`${chosen.name}: ${finding}`);
  if (findings.length > 0) process.exitCode = 1;
  else printLine(`${chosen.name}: restored, and as its manifest says`);
}

/**
 * `backup SUBCOMMAND …`, as `usage.json` lists them. A server may run meanwhile.
 * @throws StartError for an unknown subcommand or option, or when the target cannot be used
 */
export async function backup(config: Config, [word = 'create', ...args]: string[]): Promise<void> {
  await selectSubcommand('backup', subcommands, word)(config, args);
}
