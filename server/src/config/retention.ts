import { type Env, integerSetting, readGroup, refuseSetting, textSetting } from './values.ts';

export interface RetentionSettings {
  /** After so many days in the trash a task is purged. */
  readonly trashDays: number;
  /** How long tombstones are stored: a client that was offline for longer has to start an initial sync. */
  readonly tombstoneDays: number;
  /** How long finished deliveries stay in the log. */
  readonly deliveryDays: number;
  /** How long an expired session stays. */
  readonly sessionDays: number;
  /** How long audit entries stay; null: for ever. */
  readonly auditDays: number | null;
}

export function retentionSettings(env: Env): RetentionSettings {
  return readGroup<RetentionSettings>({
    trashDays: () => integerSetting(env, 'TRASH_RETENTION_DAYS', 30, 1, 3650),
    tombstoneDays: () => integerSetting(env, 'TOMBSTONE_RETENTION_DAYS', 90, 1, 3650),
    deliveryDays: () => integerSetting(env, 'DELIVERY_RETENTION_DAYS', 30, 1, 3650),
    auditDays: () => auditDays(env),
    sessionDays: () => integerSetting(env, 'SESSION_RETENTION_DAYS', 30, 0, 3650),
  });
}

function auditDays(env: Env): number | null {
  const value = textSetting(env, 'AUDIT_RETENTION_DAYS') ?? 'off';
  if (value === 'off') return null;
  const days = /^\d{1,5}$/.test(value) ? Number(value) : 0;
  if (days >= 1 && days <= 36_500) return days;
  return refuseSetting(
    'AUDIT_RETENTION_DAYS',
    JSON.stringify(value),
    'a whole number from 1 to 36500, or off',
  );
}
