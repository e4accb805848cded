import { resolve } from 'node:path';
import type { BackupSettings } from '../config/backup.ts';
import type { StoreLocation } from '../config/store-location.ts';
import { StartError } from '../platform/errors.ts';

/**
 * The target of `--directory`, or that of the settings.
 * @param command for the message
 * @throws StartError if neither is there
 */
export function chooseTarget(
  command: string,
  { target }: BackupSettings,
  directory: string | undefined,
): StoreLocation {
  if (directory !== undefined) return { kind: 'directory', path: resolve(directory) };
  if (target !== null) return target;
  throw new StartError(`${command}: got no target, wants BACKUP_DIRECTORY, BACKUP_S3_URL or --directory DIR`);
}
