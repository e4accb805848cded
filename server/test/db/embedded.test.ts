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
  copyInitializedDataDir,
  fileMode,
  killChild,
  killPostmaster,
  newDataDir,
  newTemporaryDirectory,
  postmasterPid,
  queryAsSuperuser,
  readChildReply,
  startEmbeddedInChild,
  startEmbeddedServer,
  unprivilegedUnixAccount,
} from '../support/embedded.ts';
import { patience } from '../support/patience.ts';

describe('first start', () => {
  it('creates a private cluster with a role and database of its own', async () => {
    const dataDir = newDataDir();
    const server = await startEmbeddedServer(dataDir);
    expect(server).toMatchObject({ firstStart: true, adopted: false });
    const who =
      'select current_user as name, rolsuper, rolcreatedb, rolcreaterole, current_database() as database from pg_roles where rolname = current_user';
    expect(await queryAsSuperuser(server.app, who)).toEqual([
      { name: 'duly', rolsuper: false, rolcreatedb: false, rolcreaterole: false, database: 'duly' },
    ]);
    expect(await queryAsSuperuser(server.admin, who)).toMatchObject([
      { name: 'postgres', rolsuper: true, database: 'postgres' },
    ]);
    await queryAsSuperuser(
      server.app,
      'create schema s; create table s.t (id int); create extension if not exists pgcrypto',
    );

    expect(fileMode(join(dataDir, 'postgres-password'))).toBe(0o600);
    expect(fileMode(server.clusterDirectory)).toBe(0o700);
    expect(fileMode(dataDir) & 0o067).toBe(0);
    expect(readdirSync(dataDir).sort()).toEqual(['postgres', 'postgres-password', 'postgres-start.log']);
  });

  it('serves nothing but its socket, refuses a wrong password and keeps writes safe', async () => {
    const server = await startEmbeddedServer(await copyInitializedDataDir());
    const names = [
      'listen_addresses',
      'fsync',
      'full_page_writes',
      'synchronous_commit',
      'data_checksums',
      'TimeZone',
    ];
    const settings = await queryAsSuperuser<{ name: string; setting: string }>(
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
    expect(fileMode(join(server.app.host, `.s.PGSQL.${server.app.port}`)) & 0o077).toBe(0);
    await expect(queryAsSuperuser({ ...server.app, password: 'wrong' }, 'select 1')).rejects.toMatchObject({
      code: '28P01',
    });
    await expect(
      queryAsSuperuser({ ...server.admin, password: server.app.password }, 'select 1'),
    ).rejects.toMatchObject({
      code: '28P01',
    });
    const locale =
      'select datlocprovider, datlocale, pg_encoding_to_char(encoding) as encoding from pg_database';
    expect(new Set((await queryAsSuperuser(server.admin, locale)).map((row) => JSON.stringify(row)))).toEqual(
      new Set([JSON.stringify({ datlocprovider: 'b', datlocale: 'C.UTF-8', encoding: 'UTF8' })]),
    );
  });

  it('writes no statement and no value to its log', async () => {
    const server = await startEmbeddedServer(await copyInitializedDataDir());
    await expect(queryAsSuperuser(server.app, "select 'marker-in-text'::int")).rejects.toThrow();
    await expect(queryAsSuperuser(server.app, 'select $1::uuid', ['marker-in-value'])).rejects.toThrow();
    await server.stop();
    const logs = readdirSync(join(server.clusterDirectory, 'log')).map((name) =>
      readFileSync(join(server.clusterDirectory, 'log', name), 'utf8'),
    );
    expect(logs.join('')).toContain('database system is shut down');
    expect(logs.join('')).not.toContain('marker');
  });

  it('heals after being killed in the middle of initdb', async () => {
    const dataDir = newDataDir();
    const child = startEmbeddedInChild(dataDir);
    const halfway = join(dataDir, `postgres.new-${child.pid}`, 'data', 'base');
    await vi.waitUntil(() => existsSync(halfway), { ...patience, interval: 1 });
    await killChild(child);
    expect(existsSync(join(dataDir, 'postgres'))).toBe(false);
    const server = await startEmbeddedServer(dataDir);
    expect(server.firstStart).toBe(true);
    expect(await queryAsSuperuser(server.app, 'select 1 as one')).toEqual([{ one: 1 }]);
    await server.stop();
    await startEmbeddedServer(dataDir);
    expect(readdirSync(dataDir).filter((name) => name.includes('.new-'))).toEqual([]);
  });

  it('removes what processes that were killed had begun to write, and no other file', async () => {
    const dataDir = await copyInitializedDataDir();
    const ended = ['backup-status.json', 'postgres-password', 'restore.lock'].map(
      (name) => `${name}.new-99999999`,
    );
    const others = [`secret.new-${process.ppid}`, 'notes.new'];
    for (const name of [...ended, ...others]) writeFileSync(join(dataDir, name), '');
    await startEmbeddedServer(dataDir);
    expect(
      readdirSync(dataDir)
        .filter((name) => name.includes('.new'))
        .sort(),
    ).toEqual(others.toSorted());
  });

  it('has one winner when two processes try at once', async () => {
    const dataDir = newDataDir();
    const children = [startEmbeddedInChild(dataDir), startEmbeddedInChild(dataDir)];
    const answers = await Promise.all(children.map(readChildReply));
    expect(answers.filter(({ refused }) => refused === undefined)).toHaveLength(1);
    expect(answers.find(({ refused }) => refused !== undefined)?.refused).toContain(
      'in use by another running Duly',
    );
  });
});

describe('later starts', () => {
  it('find the data of the last run, role and database made good', async () => {
    const dataDir = await copyInitializedDataDir();
    const first = await startEmbeddedServer(dataDir);
    await queryAsSuperuser(first.app, "create table note (text text); insert into note values ('kept')");
    await queryAsSuperuser(first.admin, 'alter role duly superuser nologin');
    await first.stop();
    await first.stop();
    expect(postmasterPid(first.clusterDirectory)).toBeUndefined();

    const second = await startEmbeddedServer(dataDir);
    expect(second).toMatchObject({ firstStart: false, adopted: false, app: first.app });
    expect(await queryAsSuperuser(second.app, 'select text from note')).toEqual([{ text: 'kept' }]);
    expect(
      await queryAsSuperuser(second.app, "select rolsuper from pg_roles where rolname = 'duly'"),
    ).toEqual([{ rolsuper: false }]);
  });

  it('make up for a first start that ended before its role and database', async () => {
    const dataDir = await copyInitializedDataDir();
    const first = await startEmbeddedServer(dataDir);
    await queryAsSuperuser(first.admin, 'drop database duly');
    await queryAsSuperuser(first.admin, 'drop role duly');
    await first.stop();
    const second = await startEmbeddedServer(dataDir);
    expect(await queryAsSuperuser(second.app, 'select current_user as name')).toEqual([{ name: 'duly' }]);
  });

  it('take over the server of a process that was killed -9', async () => {
    const dataDir = await copyInitializedDataDir();
    const child = startEmbeddedInChild(dataDir);
    const first = await readChildReply(child);
    if (first.app === undefined || first.clusterDirectory === undefined) throw new Error(first.refused);
    await queryAsSuperuser(first.app, "create table note (text text); insert into note values ('kept')");
    const pid = postmasterPid(first.clusterDirectory);
    await killChild(child);

    const second = await startEmbeddedServer(dataDir);
    expect(second.adopted).toBe(true);
    expect(postmasterPid(second.clusterDirectory)).toBe(pid);
    expect(await queryAsSuperuser(second.app, 'select text from note')).toEqual([{ text: 'kept' }]);
    await second.stop();
    expect(postmasterPid(second.clusterDirectory)).toBeUndefined();
  });

  it('wait for a server that is just shutting down', async () => {
    const dataDir = await copyInitializedDataDir();
    const first = await startEmbeddedServer(dataDir);
    const stopped = first.stop();
    const second = await startEmbeddedServer(dataDir);
    await stopped;
    expect(await queryAsSuperuser(second.app, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('are not stopped by lock files whose process number belongs to somebody else now', async () => {
    const dataDir = await copyInitializedDataDir();
    const first = await startEmbeddedServer(dataDir);
    const stale = readFileSync(join(first.clusterDirectory, 'postmaster.pid'), 'utf8');
    await first.stop();
    const stranger = spawn('sleep', ['60'], { ...unprivilegedUnixAccount, stdio: 'ignore' });
    afterTest.push(() => killChild(stranger));
    for (const name of ['postmaster.pid', `.s.PGSQL.${first.app.port}.lock`]) {
      const path = join(first.clusterDirectory, name);
      writeFileSync(path, stale.replace(/^\d+/, String(stranger.pid)), { mode: 0o600 });
      if (unprivilegedUnixAccount !== undefined)
        chownSync(path, unprivilegedUnixAccount.uid, unprivilegedUnixAccount.gid);
    }
    const second = await startEmbeddedServer(dataDir);
    expect(await queryAsSuperuser(second.app, 'select 1 as one')).toEqual([{ one: 1 }]);
  });
});

it('leaves a cluster alone that somebody has linked into DATA_DIR', async () => {
  const dataDir = await copyInitializedDataDir();
  const elsewhere = join(newTemporaryDirectory(), 'duly-cluster');
  renameSync(join(dataDir, 'postgres'), elsewhere);
  symlinkSync(elsewhere, join(dataDir, 'postgres'));
  const first = await startEmbeddedServer(dataDir);
  expect(first.clusterDirectory).toBe(realpathSync(elsewhere));
  await first.stop();
  expect(await startEmbeddedServer(dataDir)).toMatchObject({ firstStart: false });
});

it('uses a short private directory for the socket when the path is too long for one', async () => {
  const dataDir = newDataDir(join(newTemporaryDirectory(), 'long'.repeat(25)));
  const server = await startEmbeddedServer(dataDir);
  expect(await queryAsSuperuser(server.app, 'select 1 as one')).toEqual([{ one: 1 }]);
  expect(server.app.host.length).toBeLessThan(80);
  expect(fileMode(server.app.host)).toBe(0o700);
  killPostmaster(server.clusterDirectory);
  rmSync(server.app.host, { recursive: true });
  await vi.waitFor(() => queryAsSuperuser(server.app, 'select 1'), patience);
  await server.stop();
  expect(existsSync(server.app.host)).toBe(false);
});
