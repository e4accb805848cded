import { expect, test } from 'vitest';
import { type Config, readConfig } from '../../src/config/config.ts';
import { StartError } from '../../src/platform/errors.ts';
import { secret } from '../support/app.ts';

const read = (env: Record<string, string>): Config => readConfig({ BETTER_AUTH_SECRET: secret, ...env });
const databaseUrl = 'postgresql://u:hunter2@pooler.example/d';

test.each<[Record<string, string>, (config: Config) => unknown, unknown]>([
  [{ CACHE_MAX_BYTES: '0' }, ({ cache }) => cache.maxBytes, 0],
  [{ CACHE_MAX_BYTES: '17179869184' }, ({ cache }) => cache.maxBytes, 17_179_869_184],
  [{ SERVE_STALE: '1' }, ({ cache }) => cache.serveStale, true],
  [{ SERVE_STALE: '0' }, ({ cache }) => cache.serveStale, false],
  [{ TRASH_RETENTION_DAYS: '1' }, ({ retention }) => retention.trashDays, 1],
  [{ TOMBSTONE_RETENTION_DAYS: '3650' }, ({ retention }) => retention.tombstoneDays, 3650],
  [{ BULK_MAX_OPERATIONS: '500' }, ({ http }) => http.bulkMaxOperations, 500],
  [
    { DATABASE_URL: databaseUrl, DATABASE_DIRECT_URL: 'postgresql://u:p@direct.example/d' },
    ({ database }) => database.directUrl,
    'postgresql://u:p@direct.example/d',
  ],
])('%j is taken', (env, get, value) => {
  expect(get(read(env))).toEqual(value);
});

test.each<[Record<string, string>, string]>([
  [{ CACHE_MAX_BYTES: '64MB' }, 'CACHE_MAX_BYTES: got "64MB", wants a whole number from 0 to 17179869184'],
  [{ SERVE_STALE: 'yes' }, 'SERVE_STALE: got "yes", wants 1 or 0'],
  [
    { AUDIT_RETENTION_DAYS: '0' },
    'AUDIT_RETENTION_DAYS: got "0", wants a whole number from 1 to 36500, or off',
  ],
  [{ TRASH_RETENTION_DAYS: '0' }, 'TRASH_RETENTION_DAYS: got "0", wants a whole number from 1 to 3650'],
  [
    { TOMBSTONE_RETENTION_DAYS: '3651' },
    'TOMBSTONE_RETENTION_DAYS: got "3651", wants a whole number from 1 to 3650',
  ],
  [{ BULK_MAX_OPERATIONS: '501' }, 'BULK_MAX_OPERATIONS: got "501", wants a whole number from 1 to 500'],
  [
    { DATABASE_DIRECT_URL: databaseUrl },
    'DATABASE_DIRECT_URL: got a URL, wants DATABASE_URL beside it, which names the same database',
  ],
  [
    { DATABASE_URL: databaseUrl, DATABASE_DIRECT_URL: 'mysql://u:hunter2@h/d' },
    'DATABASE_DIRECT_URL: got the scheme "mysql:", wants postgresql://user:password@host:port/database',
  ],
])('%j is refused with one line that shows no password', (env, message) => {
  expect(() => read(env)).toThrow(new StartError(message));
});
