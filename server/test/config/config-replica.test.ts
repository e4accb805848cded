import { expect, test } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import { secret } from '../support/app.ts';

const primary = 'postgresql://u:sesame@primary:5432/duly';
const replica = 'postgresql://u:sesame@replica:5432/duly';
const read = (env: Record<string, string>) =>
  readConfig({ BETTER_AUTH_SECRET: secret, ...env }).database.replica;

test('a replica, beside its primary', () => {
  expect(read({ DATABASE_URL: primary })).toBeNull();
  const env = { DATABASE_URL: primary, DATABASE_REPLICA_URL: replica };
  expect(read(env)).toEqual({ url: replica, poolMax: 5 });
  expect(read({ ...env, DATABASE_REPLICA_POOL_SIZE: '20' })).toEqual({ url: replica, poolMax: 20 });
});

test.each([
  [{ DATABASE_REPLICA_URL: replica }, 'DATABASE_REPLICA_URL: got a URL, wants DATABASE_URL beside it'],
  [
    { DATABASE_URL: primary, DATABASE_REPLICA_URL: primary },
    'DATABASE_REPLICA_URL: got the URL of DATABASE_URL, wants the URL of a replica',
  ],
  [
    { DATABASE_URL: primary, DATABASE_REPLICA_URL: 'mysql://u:sesame@replica/duly' },
    'DATABASE_REPLICA_URL: got the scheme "mysql:", wants postgresql://',
  ],
  [
    { DATABASE_URL: primary, DATABASE_REPLICA_URL: 'postgresql://u:sesame@replica' },
    'DATABASE_REPLICA_URL: got no database name, wants postgresql://',
  ],
  [
    { DATABASE_URL: primary, DATABASE_REPLICA_URL: replica, DATABASE_REPLICA_POOL_SIZE: '0' },
    'DATABASE_REPLICA_POOL_SIZE: got "0", wants',
  ],
])('%j is refused in one line', (env, line) => {
  expect(() => read(env)).toThrow(line);
  expect(() => read(env)).not.toThrow(/sesame|\n/);
});
