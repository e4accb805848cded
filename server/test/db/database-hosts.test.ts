import { once } from 'node:events';
import { createServer } from 'node:net';
import { sql } from 'kysely';
import { expect, inject, test } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import { connectionFromUrl, createDb } from '../../src/db/pool.ts';
import type { Db } from '../../src/db/schema.ts';
import { secret, startApp } from '../support/app.ts';
import { afterTest } from '../support/clean-up.ts';
import { urlOf } from '../support/database.ts';
import { silentLog } from '../support/log.ts';
import { freePort } from '../support/process.ts';

const open = (url: string): Db => {
  const db = createDb({ connection: connectionFromUrl(url), max: 2, log: silentLog });
  afterTest.push(() => db.destroy());
  return db;
};

/** The URL of the test server, with other hosts before it. */
function urlWith(...before: string[]): string {
  const { host, port, user, password, database } = inject('app');
  const last = `${encodeURIComponent(host)}:${port}`;
  return `postgresql://${user}:${encodeURIComponent(password)}@${[...before, last].join()}/${database}`;
}

/** Accepts connections and never responds, like a server that hangs. */
async function startSilent(): Promise<{ host: string; count: () => number }> {
  let count = 0;
  const server = createServer((socket) => {
    count += 1;
    socket.on('error', () => undefined);
    afterTest.push(() => socket.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterTest.push(() => server.close());
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { host: `127.0.0.1:${port}`, count: () => count };
}

const one = async (db: Db) => (await sql<{ one: number }>`select 1 as one`.execute(db)).rows;

test('a host that is down is passed over, and one that hangs after two seconds', async () => {
  const silent = await startSilent();
  const db = open(urlWith(`127.0.0.1:${await freePort()}`, silent.host, 'no-such-host.invalid'));
  const began = performance.now();
  expect(await one(db)).toEqual([{ one: 1 }]);
  expect(performance.now() - began).toBeLessThan(10_000);
  // Another connection does not wait for the hanging host again.
  await Promise.all([one(db), one(db)]);
  expect(silent.count()).toBe(1);
});

test('a server that is read-only is passed over for read-write, and the error names what there is', async () => {
  const app = await startApp();
  afterTest.push(() => app.close());
  const url = urlOf(app.database.connection);
  expect(await one(open(`${url}?target_session_attrs=read-write`))).toEqual([{ one: 1 }]);
  const wrong = one(open(`${url}?target_session_attrs=standby`));
  await expect(wrong).rejects.toMatchObject({
    code: '08001',
    message: 'no host is standby: a primary that takes writes',
  });
});

test('a log-in that is refused is not tried on the other hosts', async () => {
  const { user, password } = inject('app');
  const silent = await startSilent();
  const url = urlWith(silent.host).replace(`${user}:${encodeURIComponent(password)}@`, `${user}:wrong@`);
  const swapped = url.replace(/@([^,]+),([^/]+)/, '@$2,$1');
  await expect(one(open(swapped))).rejects.toMatchObject({ code: '28P01' });
  expect(silent.count()).toBe(0);
});

const read = (env: Record<string, string>) => readConfig({ BETTER_AUTH_SECRET: secret, ...env }).database;
const connectionOf = (DATABASE_URL: string) => connectionFromUrl(read({ DATABASE_URL }).url ?? '');

test.each([
  ['postgresql://u:p@a:1,b:2/d', ['postgresql://u:p@a:1/d', 'postgresql://u:p@b:2/d'], undefined],
  [
    'postgres://u:p,q@a,b:2,c/d',
    ['postgres://u:p,q@a/d', 'postgres://u:p,q@b:2/d', 'postgres://u:p,q@c/d'],
    undefined,
  ],
  [
    'postgresql://u@[::1]:5,[fe80::2]/d?target_session_attrs=read-write&sslmode=require',
    ['postgresql://u@[::1]:5/d?sslmode=verify-full', 'postgresql://u@[fe80::2]/d?sslmode=verify-full'],
    'read-write',
  ],
  [
    'postgresql://u@%2Ftmp:1,%2Frun:2/d',
    ['postgresql://u@%2Ftmp:1/d', 'postgresql://u@%2Frun:2/d'],
    undefined,
  ],
  [
    'postgresql://u@/d?host=a,b&port=1,2',
    ['postgresql://u@localhost/d?host=a&port=1', 'postgresql://u@localhost/d?host=b&port=2'],
    undefined,
  ],
  [
    'postgresql://u@x/d?host=a,b&port=7',
    ['postgresql://u@x/d?host=a&port=7', 'postgresql://u@x/d?host=b&port=7'],
    undefined,
  ],
  ['postgresql://u@a/d?target_session_attrs=any', ['postgresql://u@a/d'], undefined],
  ...['read-only', 'primary', 'standby', 'prefer-standby'].map(
    (target) =>
      [`postgresql://u@a/d?target_session_attrs=${target}`, ['postgresql://u@a/d'], target] as const,
  ),
] as const)('%s names %j', (url, urls, target) => {
  const { connectionString, otherHosts = [], target: found } = connectionOf(url);
  expect([connectionString, ...otherHosts.map((other) => other.connectionString)]).toEqual(urls);
  expect(found).toBe(target);
});

const hosts = 'postgresql://u:sesame@a:1,b:2/d';
const refusals: [variable: string, url: string, got: string, wants: string][] = [
  [
    'DATABASE_URL',
    'postgresql://u:sesame@a:1,,b/d',
    'a list with a host that has no name',
    'host:port,host:port',
  ],
  [
    'DATABASE_URL',
    'postgresql://u:sesame@a,:5432/d',
    'a list with a host that has no name',
    'host:port,host:port',
  ],
  [
    'DATABASE_URL',
    'postgresql://u:sesame@a:1,b:99999/d',
    'a host or port that is not valid',
    'host:port,host:port',
  ],
  [
    'DATABASE_URL',
    'postgresql://u:sesame@a:1,[::1/d',
    'a host or port that is not valid',
    'host:port,host:port',
  ],
  [
    'DATABASE_URL',
    `${hosts}?target_session_attrs=write`,
    'target_session_attrs="write"',
    'any, read-write, read-only',
  ],
  [
    'DATABASE_URL',
    'postgresql://u:sesame@/d?host=a,b&port=1,2,3',
    '3 ports for 2 hosts',
    'one for each host',
  ],
  ['DATABASE_URL', 'postgresql://u:sesame@/d?host=a,b&port=1,x', 'port="1,x"', 'ports from 1 to 65535'],
  [
    'DATABASE_URL',
    'postgresql://u:sesame@/d?host=a,',
    'a list with a host that has no name',
    'host:port,host:port',
  ],
  ['DATABASE_URL', 'mysql://u:sesame@a,b/d', 'the scheme "mysql:"', 'postgresql://'],
  ['DATABASE_URL', 'postgresql://u:sesame@a,b', 'no database name', 'postgresql://'],
  [
    'DATABASE_DIRECT_URL',
    `${hosts}?target_session_attrs=master`,
    'target_session_attrs="master"',
    'any, read-write',
  ],
  [
    'DATABASE_REPLICA_URL',
    `${hosts}?target_session_attrs=primary`,
    'target_session_attrs="primary"',
    'standby',
  ],
  [
    'DATABASE_REPLICA_URL',
    'postgres://other@P:5432/d?sslmode=require',
    'the URL of DATABASE_URL',
    'a replica of that server',
  ],
];
test.each(refusals)('%s=%s is refused in one line', (variable, url, got, wants) => {
  const env = { DATABASE_URL: 'postgresql://u:sesame@p/d', [variable]: url };
  expect(() => read(env)).toThrow(`${variable}: got ${got}, wants `);
  expect(() => read(env)).toThrow(wants);
  expect(() => read(env)).not.toThrow(/sesame|\n/);
});

test('the same hosts may be named for the primary and for the replica', () => {
  const DATABASE_URL = `${hosts}?target_session_attrs=read-write`;
  for (const url of [`${hosts}?target_session_attrs=standby`, hosts])
    expect(read({ DATABASE_URL, DATABASE_REPLICA_URL: url }).replica?.url).toBe(url);
});
