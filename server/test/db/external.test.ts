import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chown, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isUnavailableError } from '../../src/db/failures.ts';
import { connectionFromUrl, createDb } from '../../src/db/pool.ts';
import { runConcurrently } from '../support/client.ts';
import { silentLog } from '../support/log.ts';
import { binaries, databaseAccount } from '../support/postgres15.ts';
import {
  freePort,
  postTask,
  startProcess,
  startServer,
  taskIds,
  temporaryDirectory,
  waitUntil,
} from '../support/process.ts';

const bouncer = '/usr/sbin/pgbouncer';
const missing = [join(binaries, 'postgres'), bouncer].filter((path) => !existsSync(path));
if (missing.length > 0)
  console.warn(`skipped: PostgreSQL 15 behind PgBouncer, for want of ${missing.join(' and ')}`);

describe.skipIf(missing.length > 0)('PostgreSQL 15, the oldest that is served', () => {
  const password = 'for this test only';
  const account = missing.length > 0 ? {} : databaseAccount();
  const processes: ChildProcess[] = [];
  let directory: { path: string; remove(): Promise<void> };
  let directUrl: string;
  let pooledUrl: string;

  function launch(file: string, args: string[]): ChildProcess {
    const child = spawn(file, args, { ...account, cwd: directory.path, stdio: 'ignore' });
    processes.unshift(child);
    return child;
  }

  beforeAll(async () => {
    directory = await temporaryDirectory();
    const [databasePort, poolPort] = [await freePort(), await freePort()];
    const home = join(directory.path, 'pg');
    await mkdir(home);
    await writeFile(join(home, 'password'), password);
    await writeFile(join(home, 'users.txt'), `"duly" "${password}"\n`);
    await writeFile(join(home, 'pgbouncer.ini'), bouncerSettings(home, databasePort, poolPort));
    if (account.uid !== undefined && account.gid !== undefined) await chown(home, account.uid, account.gid);
    const certificate = [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '2',
      '-subj',
      '/CN=localhost',
    ];
    const names = [
      '-addext',
      'subjectAltName=IP:127.0.0.1',
      '-keyout',
      `${home}/key.pem`,
      '-out',
      `${home}/cert.pem`,
    ];
    execFileSync('openssl', [...certificate, ...names], { ...account, stdio: 'ignore' });
    const init = [
      '-D',
      `${home}/data`,
      '-U',
      'duly',
      '-A',
      'scram-sha-256',
      `--pwfile=${home}/password`,
      '-E',
      'UTF8',
      '--locale=C.UTF-8',
    ];
    execFileSync(join(binaries, 'initdb'), init, { ...account, cwd: directory.path, stdio: 'ignore' });
    launch(join(binaries, 'postgres'), [
      '-D',
      `${home}/data`,
      '-p',
      `${databasePort}`,
      '-k',
      home,
      '-c',
      'listen_addresses=127.0.0.1',
      ...['ssl=on', `ssl_cert_file=${home}/cert.pem`, `ssl_key_file=${home}/key.pem`].flatMap((setting) => [
        '-c',
        setting,
      ]),
    ]);
    launch(bouncer, [join(home, 'pgbouncer.ini')]);
    const url = (port: number) =>
      `postgresql://duly:${encodeURIComponent(password)}@127.0.0.1:${port}/postgres`;
    directUrl = url(databasePort);
    pooledUrl = url(poolPort);
    await waitUntil(() => answers(pooledUrl));
    expect(
      (await startProcess(['migrate', 'up'], { DATABASE_URL: pooledUrl, DATA_DIR: directory.path }).ended)
        .code,
    ).toBe(0);
  });
  afterAll(async () => {
    for (const child of processes) {
      child.kill('SIGINT');
      await once(child, 'exit');
    }
    await directory.remove();
  });

  test.each(['directly', 'behind a pooler in transaction mode'])('is migrated and served %s', async (way) => {
    const DATABASE_URL = way === 'directly' ? directUrl : pooledUrl;
    const server = await startServer({ DATABASE_URL, DATA_DIR: directory.path });
    const user = `ada ${way}`.replaceAll(' ', '-');
    const ids: (string | null)[] = [];
    await runConcurrently(Array(60).keys(), 10, async (index) => {
      ids.push(await postTask(server.url, user, `task ${index}`));
    });
    expect(ids).not.toContain(null);
    expect(await taskIds(server.url, user)).toEqual(new Set(ids));
    server.child.kill('SIGTERM');
    expect((await server.ended).code).toBe(0);
  });

  test.each([
    ['disable', '', true],
    ['no-verify', '', true],
    ['require', '', false],
    ['verify-full', '', false],
    ['require', '&sslrootcert=ROOT', true],
    ['verify-full', '&sslrootcert=ROOT', true],
  ])('sslmode=%s%s with a certificate of its own: connects %s', async (mode, more, connects) => {
    const root = encodeURIComponent(join(directory.path, 'pg', 'cert.pem'));
    const url = `${directUrl}?sslmode=${mode}${more.replace('ROOT', root)}`;
    const db = createDb({ connection: connectionFromUrl(url), max: 1, log: silentLog });
    const asked = sql<{ ssl: boolean }>`select ssl from pg_stat_ssl where pid = pg_backend_pid()`.execute(db);
    if (connects) expect((await asked).rows).toEqual([{ ssl: mode !== 'disable' }]);
    else {
      await expect(asked).rejects.toThrow(/certificate/);
      // An expired certificate counts as unavailable, until it is renewed.
      expect(isUnavailableError(await asked.catch((error) => error))).toBe(true);
    }
    await db.destroy();
  });

  test('of several hosts the name of each is checked against its own certificate', async () => {
    const root = encodeURIComponent(join(directory.path, 'pg', 'cert.pem'));
    const ask = async (...names: string[]) => {
      const hosts = names.map((name) => `${name}:${new URL(directUrl).port}`).join();
      const url = directUrl.replace(/@[^/]+/, `@${hosts}`);
      const connection = connectionFromUrl(`${url}?sslmode=verify-full&sslrootcert=${root}`);
      const db = createDb({ connection, max: 1, log: silentLog });
      const asked = sql<{ ssl: boolean }>`select ssl from pg_stat_ssl where pid = pg_backend_pid()`.execute(
        db,
      );
      return asked.then(({ rows }) => rows).finally(() => db.destroy());
    };
    // Another spelling of the address, which is not in the certificate.
    expect(await ask('127.1', '127.0.0.1')).toEqual([{ ssl: true }]);
    await expect(ask('127.1', '127.1')).rejects.toThrow(/does not match certificate/);
  });

  test.each([
    [
      'a certificate nobody knows',
      'serve',
      () => `${directUrl}?sslmode=verify-full`,
      /self-signed certificate/,
    ],
    ['no TLS', 'serve', () => `${pooledUrl}?sslmode=require`, /does not support SSL/],
    [
      'a file that is no certificate',
      'migrate',
      () => `${directUrl}?sslmode=require&sslrootcert=/etc/hosts`,
      /cert/,
    ],
    ['a certificate nobody knows', 'admin', () => `${directUrl}?sslmode=require`, /self-signed certificate/],
    ['a certificate nobody knows', 'audit', () => `${directUrl}?sslmode=require`, /self-signed certificate/],
  ])('%s stops %s with one line', async (_, command, url, reason) => {
    const env = { DATABASE_URL: url(), DATA_DIR: directory.path, PORT: '0' };
    const { code, stderr } = await startProcess(command === 'audit' ? ['audit', 'heads'] : [command], env)
      .ended;
    expect([code, stderr.trim().split('\n')]).toEqual([1, [expect.stringMatching(/^DATABASE_URL: .*\)$/)]]);
    expect(stderr).toMatch(reason);
    expect(stderr).not.toContain(password);
  });

  test('a role without rights stops migrate with one line', async () => {
    const client = new pg.Client(directUrl);
    await client.connect();
    await client.query(`create role guest login password '${password}'`);
    await client.query('create database guests');
    await client.end();
    const url = new URL(directUrl);
    [url.username, url.pathname] = ['guest', '/guests'];
    const { code, stderr } = await startProcess(['migrate', 'up'], {
      DATABASE_URL: url.href,
      DATA_DIR: directory.path,
    }).ended;
    expect([code, stderr]).toEqual([
      1,
      'DATABASE_URL: got a role that may not do what is needed (error: permission denied for database guests)\n',
    ]);
  });

  test('a pooled session keeps nothing of ours once the server is gone', async () => {
    const client = new pg.Client(pooledUrl);
    await client.connect();
    const { rows } =
      await client.query(`select current_setting('lock_timeout') as lock, current_setting('idle_in_transaction_session_timeout') as idle,
      (select count(*)::int from pg_prepared_statements) as prepared,
      (select count(*)::int from pg_locks where locktype = 'advisory') as locks`);
    await client.end();
    expect(rows).toEqual([{ lock: '0', idle: '0', prepared: 0, locks: 0 }]);
  });
});

function bouncerSettings(home: string, databasePort: number, poolPort: number): string {
  return `[databases]
* = host=127.0.0.1 port=${databasePort}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${poolPort}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${home}/users.txt
pool_mode = transaction
default_pool_size = 4
`;
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client(url);
  try {
    await client.connect();
    await client.query('select 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}
