import { type Env, integerSetting, readGroup } from './values.ts';

export interface RetentionSettings {
  /** After so many days in the trash a task is purged. */
  readonly trashDays: number;
  /** How long tombstones are stored: a client that was offline for longer has to start an initial sync. */
  readonly tombstoneDays: number;
  /** How long finished deliveries stay in the log. */
  readonly deliveryDays: number;
  /** How long an expired session stays. */
  readonly sessionDays: number;
}

export function retentionSettings(env: Env): RetentionSettings {
  return readGroup<RetentionSettings>({
    trashDays: () => integerSetting(env, 'TRASH_RETENTION_DAYS', 30, 1, 3650),
    tombstoneDays: () => integerSetting(env, 'TOMBSTONE_RETENTION_DAYS', 90, 1, 3650),
    deliveryDays: () => integerSetting(env, 'DELIVERY_RETENTION_DAYS', 30, 1, 3650),
    sessionDays: () => integerSetting(env, 'SESSION_RETENTION_DAYS', 30, 0, 3650),
  });
}
