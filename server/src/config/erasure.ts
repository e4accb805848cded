import { isAbsolute, join, resolve } from 'node:path';
import { type Env, readGroup, refuseSetting, textSetting } from './values.ts';

/** The list of erased users, outside the database: a restored backup is erased again by it. */
export interface ErasureSettings {
  /** Absolute. */
  readonly path: string;
  /** Absolute. Beside the backups; a failure there is no failure of an erasure. */
  readonly copies: readonly string[];
}

/** The list's name in DATA_DIR and in BACKUP_DIRECTORY. */
export const erasureListName = 'erasures';

/** @param backupDirectory null: there is none */
export const erasureSettings = (env: Env, dataDir: string, backupDirectory: string | null): ErasureSettings =>
  readGroup<ErasureSettings>({
    path: () => absolutePath(env) ?? join(dataDir, erasureListName),
    copies: () => (backupDirectory === null ? [] : [join(backupDirectory, erasureListName)]),
  });

function absolutePath(env: Env): string | null {
  const value = textSetting(env, 'ERASURE_LOG');
  // A relative path would lead elsewhere when a command runs in another directory.
  if (value === null || isAbsolute(value)) return value === null ? null : resolve(value);
  return refuseSetting('ERASURE_LOG', JSON.stringify(value), 'an absolute path');
}
