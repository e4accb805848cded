import { resolve } from 'node:path';
import { backupLocation, type StoreLocation } from './store-location.ts';
import { type Env, integerSetting, readGroup, refuseSetting, textSetting } from './values.ts';

/** Backups of the embedded database. */
export interface BackupSettings {
  /** Where backups and WAL are written; null: no WAL is archived and no backup is scheduled. */
  readonly target: StoreLocation | null;
  /** age recipients (`age1…`) that can decrypt; empty: nothing is encrypted. */
  readonly recipients: readonly string[];
  /** A file of age identities, to restore and verify encrypted backups. */
  readonly identityFile: string | null;
  /** After so many seconds a written WAL segment is archived although it is not full. */
  readonly walSeconds: number;
  /** More waiting WAL than this, in MB, is given up, so that it cannot fill the disk. */
  readonly walLimitMb: number;
  /** Minutes after midnight (UTC) of the daily backup; null: none is scheduled. */
  readonly dailyAtMinutes: number | null;
  readonly keepDays: number;
}

export function backupSettings(env: Env): BackupSettings {
  return readGroup<BackupSettings>({
    target: () => backupLocation(env),
    recipients: () => recipients(env),
    identityFile: () => absolutePath(textSetting(env, 'BACKUP_AGE_IDENTITY_FILE')),
    walSeconds: () => integerSetting(env, 'BACKUP_WAL_SECONDS', 30, 1, 60),
    walLimitMb: () => integerSetting(env, 'BACKUP_WAL_LIMIT_MB', 2_048, 256, 1_000_000),
    dailyAtMinutes: () => dailyAtMinutes(env),
    keepDays: () => integerSetting(env, 'BACKUP_KEEP_DAYS', 7, 1, 3_650),
  });
}

const absolutePath = (path: string | null) => (path === null ? null : resolve(path));

function recipients(env: Env): readonly string[] {
  const value = textSetting(env, 'BACKUP_AGE_RECIPIENTS');
  if (value === null) return Object.freeze([]);
  const names = value.split(',').map((name) => name.trim());
  // A secret key here would be stored on the machine whose theft the encryption is to survive.
  if (names.every((name) => /^age1[a-z0-9]{20,4000}$/.test(name))) return Object.freeze(names);
  return refuseSetting(
    'BACKUP_AGE_RECIPIENTS',
    'something else',
    'public keys as age-keygen prints them (age1…), which commas separate',
  );
}

function dailyAtMinutes(env: Env): number | null {
  const value = textSetting(env, 'BACKUP_DAILY_AT') ?? '03:00';
  if (value === 'off') return null;
  const [, hours, minutes] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(value) ?? [];
  if (hours !== undefined && minutes !== undefined) return Number(hours) * 60 + Number(minutes);
  return refuseSetting('BACKUP_DAILY_AT', JSON.stringify(value), 'a time in UTC such as 03:00, or off');
}
