import { isAbsolute, join, resolve } from 'node:path';
import type { StoreLocation } from './store-location.ts';
import { type Env, readGroup, refuseSetting, textSetting } from './values.ts';

/** The list of erased users, outside the database: a restored backup is erased again by it. */
export interface ErasureSettings {
  /** Absolute. */
  readonly path: string;
  /** Where backups are, and a copy of the list beside them; null: nowhere. A failure there is none of an erasure. */
  readonly copy: StoreLocation | null;
}

/** The list's name in DATA_DIR and beside the backups. */
export const erasureListName = 'erasures';

/** @param copy where backups are; null: nowhere */
export const erasureSettings = (env: Env, dataDir: string, copy: StoreLocation | null): ErasureSettings =>
  readGroup<ErasureSettings>({
    path: () => absolutePath(env) ?? join(dataDir, erasureListName),
    copy: () => copy,
  });

function absolutePath(env: Env): string | null {
  const value = textSetting(env, 'ERASURE_LOG');
  // A relative path would lead elsewhere when a command runs in another directory.
  if (value === null || isAbsolute(value)) return value === null ? null : resolve(value);
  return refuseSetting('ERASURE_LOG', JSON.stringify(value), 'an absolute path');
}
