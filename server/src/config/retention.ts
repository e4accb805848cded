import { type Env, integerSetting, readGroup } from './values.ts';

/** How long what users do not see is kept, in days. */
export interface RetentionSettings {
  readonly trashDays: number;
  /** For how long a client may be offline and still follow the change feed. */
  readonly tombstoneDays: number;
}

export function retentionSettings(env: Env): RetentionSettings {
  return readGroup<RetentionSettings>({
    trashDays: () => integerSetting(env, 'TRASH_RETENTION_DAYS', 30, 1, 3650),
    tombstoneDays: () => integerSetting(env, 'TOMBSTONE_RETENTION_DAYS', 90, 1, 3650),
  });
}
