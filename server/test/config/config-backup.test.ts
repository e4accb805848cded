import { expect, test } from 'vitest';
import { readConfig } from '../../src/config/config.ts';

const read = (env: Record<string, string>) =>
  readConfig({ BETTER_AUTH_SECRET: 'Vb7#kQ2-xT9mLw4.Zr8pNs3_Hd6yGf1u', ...env }).backup;
const recipient = 'age17nj9q5e65fxj2y65wg6mkhl9mlglr4ekdkfgmfdkjlyu5n4mmd5svgvan0';

test('without settings nothing is archived', () => {
  expect(read({})).toEqual({
    target: null,
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
    target: { kind: 'directory', path: '/backups' },
    recipients: [recipient, recipient],
    identityFile: '/keys/age',
    dailyAtMinutes: 1439,
  });
  expect(read({ BACKUP_DAILY_AT: 'off' }).dailyAtMinutes).toBe(null);
});

const bucket = {
  BACKUP_S3_URL: 'https://s3.example.com/duly/a.b/c_d/',
  AWS_ACCESS_KEY_ID: 'AKIA',
  AWS_SECRET_ACCESS_KEY: 'a/secret+key=',
};

test('a bucket is read with its credentials, and the erasure list has its copy there', () => {
  const target = {
    kind: 'bucket',
    url: 'https://s3.example.com/duly/a.b/c_d',
    region: 'us-east-1',
    accessKeyId: 'AKIA',
    secretAccessKey: 'a/secret+key=',
    sessionToken: null,
  };
  expect(read(bucket).target).toEqual(target);
  expect(
    readConfig({ BETTER_AUTH_SECRET: 'Vb7#kQ2-xT9mLw4.Zr8pNs3_Hd6yGf1u', ...bucket }).erasure.copy,
  ).toEqual(target);
  const local = {
    BACKUP_S3_URL: 'http://127.0.0.1:9000/duly',
    AWS_REGION: 'auto',
    AWS_SESSION_TOKEN: 'token',
  };
  expect(read({ ...bucket, ...local }).target).toMatchObject({
    url: 'http://127.0.0.1:9000/duly',
    region: 'auto',
    sessionToken: 'token',
  });
});

const wantsUrl =
  'wants https://HOST/BUCKET, or https://HOST/BUCKET/PREFIX with letters, digits, dots, hyphens and underscores';

test.each([
  [{ BACKUP_S3_URL: 's3://duly' }, `BACKUP_S3_URL: got "s3://duly", ${wantsUrl}`],
  [{ BACKUP_S3_URL: 'https://h' }, `BACKUP_S3_URL: got "https://h", ${wantsUrl}`],
  [{ BACKUP_S3_URL: 'https://h/b?x=1' }, `BACKUP_S3_URL: got "https://h/b?x=1", ${wantsUrl}`],
  [{ BACKUP_S3_URL: 'https://h/b/ä' }, `BACKUP_S3_URL: got "https://h/b/ä", ${wantsUrl}`],
  [{ BACKUP_S3_URL: 'https://key:secret@h/b' }, `BACKUP_S3_URL: got a URL with credentials, ${wantsUrl}`],
  [
    { BACKUP_S3_URL: 'http://s3.example.com/b' },
    'BACKUP_S3_URL: got "http://s3.example.com/b", wants https, or http to this machine',
  ],
  [
    { BACKUP_DIRECTORY: '/b' },
    `BACKUP_S3_URL: got "${bucket.BACKUP_S3_URL}", wants no BACKUP_DIRECTORY beside it`,
  ],
  [
    { DATABASE_URL: 'postgresql://u:p@h/d' },
    `BACKUP_S3_URL: got "${bucket.BACKUP_S3_URL}", wants no DATABASE_URL beside it: an external database has backups of its own`,
  ],
  [
    { AWS_ACCESS_KEY_ID: '' },
    'AWS_ACCESS_KEY_ID: got nothing, wants a key of the store that BACKUP_S3_URL names',
  ],
  [
    { AWS_SECRET_ACCESS_KEY: 'two words' },
    'AWS_SECRET_ACCESS_KEY: got something else, wants a key of the store that BACKUP_S3_URL names',
  ],
  [{ AWS_REGION: 'Mars!' }, 'AWS_REGION: got "Mars!", wants the name of a region such as eu-central-1'],
])('a bucket with %j is refused', (env, message) => {
  expect(() => read({ ...bucket, ...env })).toThrow(message);
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
