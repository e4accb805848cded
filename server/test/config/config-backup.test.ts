import { expect, test } from 'vitest';
import { readConfig } from '../../src/config/config.ts';

const read = (env: Record<string, string>) =>
  readConfig({ BETTER_AUTH_SECRET: 'Vb7#kQ2-xT9mLw4.Zr8pNs3_Hd6yGf1u', ...env }).backup;
const recipient = 'age17nj9q5e65fxj2y65wg6mkhl9mlglr4ekdkfgmfdkjlyu5n4mmd5svgvan0';

test('without settings nothing is archived', () => {
  expect(read({})).toEqual({
    directory: null,
    recipients: [],
    identityFile: null,
    walSeconds: 30,
    walLimitMb: 2048,
    dailyAtMinutes: 180,
    keepDays: 7,
  });
});

test('a directory, keys and times are read', () => {
  const settings = read({
    BACKUP_DIRECTORY: '/backups/',
    BACKUP_AGE_RECIPIENTS: `${recipient}, ${recipient}`,
    BACKUP_AGE_IDENTITY_FILE: '/keys/age',
    BACKUP_DAILY_AT: '23:59',
  });
  expect(settings).toMatchObject({
    directory: '/backups',
    recipients: [recipient, recipient],
    identityFile: '/keys/age',
    dailyAtMinutes: 1439,
  });
  expect(read({ BACKUP_DAILY_AT: 'off' }).dailyAtMinutes).toBe(null);
});

test.each([
  [{ BACKUP_DIRECTORY: 'backups' }, 'BACKUP_DIRECTORY: got "backups", wants an absolute path'],
  [{ ERASURE_LOG: 'erasures' }, 'ERASURE_LOG: got "erasures", wants an absolute path'],
  [
    { BACKUP_DIRECTORY: '/b', DATABASE_URL: 'postgresql://u:p@h/d' },
    'BACKUP_DIRECTORY: got "/b", wants no DATABASE_URL beside it: an external database has backups of its own',
  ],
  [
    { BACKUP_AGE_RECIPIENTS: 'AGE-SECRET-KEY-1ABC' },
    'BACKUP_AGE_RECIPIENTS: got something else, wants public keys as age-keygen prints them (age1…), which commas separate',
  ],
  [{ BACKUP_DAILY_AT: '24:00' }, 'BACKUP_DAILY_AT: got "24:00", wants a time in UTC such as 03:00, or off'],
  [{ BACKUP_WAL_SECONDS: '61' }, 'BACKUP_WAL_SECONDS: got "61", wants a whole number from 1 to 60'],
])('%j is refused', (env, message) => {
  expect(() => read(env)).toThrow(message);
});
