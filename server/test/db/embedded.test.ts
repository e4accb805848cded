import { spawn } from 'node:child_process';
import {
  chownSync,
  existsSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { afterTest } from '../support/clean-up.ts';
import {
  account,
  answerOf,
  createdDataDir,
  kill,
  killPostmaster,
  mode,
  postmasterPid,
  query,
  start,
  startInChild,
  temporaryDataDir,
  temporaryDirectory,
} from '../support/embedded.ts';
import { patience } from '../support/patience.ts';

describe('first start', () => {
  it('creates a private cluster with a role and database of its own', async () => {
    const dataDir = temporaryDataDir();
    const server = await start(dataDir);
    expect(server).toMatchObject({ firstStart: true, adopted: false });
    const who =
      'select current_user as name, rolsuper, rolcreatedb, rolcreaterole, current_database() as database from pg_roles where rolname = current_user';
    expect(await query(server.app, who)).toEqual([
      { name: 'duly', rolsuper: false, rolcreatedb: false, rolcreaterole: false, database: 'duly' },
    ]);
    expect(await query(server.admin, who)).toMatchObject([
      { name: 'postgres', rolsuper: true, database: 'postgres' },
    ]);
    await query(
      server.app,
      'create schema s; create table s.t (id int); create extension if not exists pgcrypto',
    );

    expect(mode(join(dataDir, 'postgres-password'))).toBe(0o600);
    expect(mode(server.dataDir)).toBe(0o700);
    expect(mode(dataDir) & 0o067).toBe(0);
    expect(readdirSync(dataDir).sort()).toEqual(['postgres', 'postgres-password', 'postgres-start.log']);
  });

  it('serves nothing but its socket, refuses a wrong password and keeps writes safe', async () => {
    const server = await start(await createdDataDir());
    const names = [
      'listen_addresses',
      'fsync',
      'full_page_writes',
      'synchronous_commit',
      'data_checksums',
      'TimeZone',
    ];
    const settings = await query<{ name: string; setting: string }>(
      server.admin,
      'select name, setting from pg_settings where name = any($1)',
      [names],
    );
    expect(Object.fromEntries(settings.map(({ name, setting }) => [name, setting]))).toEqual({
      listen_addresses: '',
      fsync: 'on',
      full_page_writes: 'on',
      synchronous_commit: 'on',
      data_checksums: 'on',
      TimeZone: 'UTC',
    });
    expect(mode(join(server.app.host, `.s.PGSQL.${server.app.port}`)) & 0o077).toBe(0);
    await expect(query({ ...server.app, password: 'wrong' }, 'select 1')).rejects.toMatchObject({
      code: '28P01',
    });
    await expect(query({ ...server.admin, password: server.app.password }, 'select 1')).rejects.toMatchObject(
      {
        code: '28P01',
      },
    );
    const locale =
      'select datlocprovider, datlocale, pg_encoding_to_char(encoding) as encoding from pg_database';
    expect(new Set((await query(server.admin, locale)).map((row) => JSON.stringify(row)))).toEqual(
      new Set([JSON.stringify({ datlocprovider: 'b', datlocale: 'C.UTF-8', encoding: 'UTF8' })]),
    );
  });

  it('writes no statement and no value to its log', async () => {
    const server = await start(await createdDataDir());
    await expect(query(server.app, "select 'marker-in-text'::int")).rejects.toThrow();
    await expect(query(server.app, 'select $1::uuid', ['marker-in-value'])).rejects.toThrow();
    await server.stop();
    const logs = readdirSync(join(server.dataDir, 'log')).map((name) =>
      readFileSync(join(server.dataDir, 'log', name), 'utf8'),
    );
    expect(logs.join('')).toContain('database system is shut down');
    expect(logs.join('')).not.toContain('marker');
  });

  it('heals after being killed in the middle of initdb', async () => {
    const dataDir = temporaryDataDir();
    const child = startInChild(dataDir);
    const halfway = join(dataDir, `postgres.new-${child.pid}`, 'data', 'base');
    await vi.waitUntil(() => existsSync(halfway), { ...patience, interval: 1 });
    await kill(child);
    expect(existsSync(join(dataDir, 'postgres'))).toBe(false);
    const server = await start(dataDir);
    expect(server.firstStart).toBe(true);
    expect(await query(server.app, 'select 1 as one')).toEqual([{ one: 1 }]);
    await server.stop();
    await start(dataDir);
    expect(readdirSync(dataDir).filter((name) => name.includes('.new-'))).toEqual([]);
  });

  it('has one winner when two processes try at once', async () => {
    const dataDir = temporaryDataDir();
    const children = [startInChild(dataDir), startInChild(dataDir)];
    const answers = await Promise.all(children.map(answerOf));
    expect(answers.filter(({ refused }) => refused === undefined)).toHaveLength(1);
    expect(answers.find(({ refused }) => refused !== undefined)?.refused).toContain(
      'in use by another running Duly',
    );
  });
});

describe('later starts', () => {
  it('find the data of the last run, role and database made good', async () => {
    const dataDir = await createdDataDir();
    const first = await start(dataDir);
    await query(first.app, "create table note (text text); insert into note values ('kept')");
    await query(first.admin, 'alter role duly superuser nologin');
    await first.stop();
    await first.stop();
    expect(postmasterPid(first.dataDir)).toBeUndefined();

    const second = await start(dataDir);
    expect(second).toMatchObject({ firstStart: false, adopted: false, app: first.app });
    expect(await query(second.app, 'select text from note')).toEqual([{ text: 'kept' }]);
    expect(await query(second.app, "select rolsuper from pg_roles where rolname = 'duly'")).toEqual([
      { rolsuper: false },
    ]);
  });

  it('make up for a first start that ended before its role and database', async () => {
    const dataDir = await createdDataDir();
    const first = await start(dataDir);
    await query(first.admin, 'drop database duly');
    await query(first.admin, 'drop role duly');
    await first.stop();
    const second = await start(dataDir);
    expect(await query(second.app, 'select current_user as name')).toEqual([{ name: 'duly' }]);
  });

  it('take over the server of a process that was killed -9', async () => {
    const dataDir = await createdDataDir();
    const child = startInChild(dataDir);
    const first = await answerOf(child);
    if (first.app === undefined || first.dataDir === undefined) throw new Error(first.refused);
    await query(first.app, "create table note (text text); insert into note values ('kept')");
    const pid = postmasterPid(first.dataDir);
    await kill(child);

    const second = await start(dataDir);
    expect(second.adopted).toBe(true);
    expect(postmasterPid(second.dataDir)).toBe(pid);
    expect(await query(second.app, 'select text from note')).toEqual([{ text: 'kept' }]);
    await second.stop();
    expect(postmasterPid(second.dataDir)).toBeUndefined();
  });

  it('wait for a server that is just shutting down', async () => {
    const dataDir = await createdDataDir();
    const first = await start(dataDir);
    const stopped = first.stop();
    const second = await start(dataDir);
    await stopped;
    expect(await query(second.app, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('are not stopped by lock files whose process number belongs to somebody else now', async () => {
    const dataDir = await createdDataDir();
    const first = await start(dataDir);
    const stale = readFileSync(join(first.dataDir, 'postmaster.pid'), 'utf8');
    await first.stop();
    const stranger = spawn('sleep', ['60'], { ...account, stdio: 'ignore' });
    afterTest.push(() => kill(stranger));
    for (const name of ['postmaster.pid', `.s.PGSQL.${first.app.port}.lock`]) {
      const path = join(first.dataDir, name);
      writeFileSync(path, stale.replace(/^\d+/, String(stranger.pid)), { mode: 0o600 });
      if (account !== undefined) chownSync(path, account.uid, account.gid);
    }
    const second = await start(dataDir);
    expect(await query(second.app, 'select 1 as one')).toEqual([{ one: 1 }]);
  });
});

it('leaves a cluster alone that somebody has linked into DATA_DIR', async () => {
  const dataDir = await createdDataDir();
  const elsewhere = join(temporaryDirectory(), 'duly-cluster');
  renameSync(join(dataDir, 'postgres'), elsewhere);
  symlinkSync(elsewhere, join(dataDir, 'postgres'));
  const first = await start(dataDir);
  expect(first.dataDir).toBe(realpathSync(elsewhere));
  await first.stop();
  expect(await start(dataDir)).toMatchObject({ firstStart: false });
});

it('uses a short private directory for the socket when the path is too long for one', async () => {
  const dataDir = temporaryDataDir(join(temporaryDirectory(), 'long'.repeat(25)));
  const server = await start(dataDir);
  expect(await query(server.app, 'select 1 as one')).toEqual([{ one: 1 }]);
  expect(server.app.host.length).toBeLessThan(80);
  expect(mode(server.app.host)).toBe(0o700);
  killPostmaster(server.dataDir);
  rmSync(server.app.host, { recursive: true });
  await vi.waitFor(() => query(server.app, 'select 1'), patience);
  await server.stop();
  expect(existsSync(server.app.host)).toBe(false);
});
