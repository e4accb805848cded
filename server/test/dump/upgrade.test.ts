import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, cp } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { tryLock } from '../../src/db/postgres/provision.ts';
import { secret } from '../support/app.ts';
import { newCaller, runCommand } from '../support/backups.ts';
import { afterFile, afterTest } from '../support/clean-up.ts';
import { oldBinariesDirectory, startOldCluster } from '../support/old-cluster.ts';
import { startServer, temporaryDirectory } from '../support/process.ts';
import { newDataDirectory, startTestServer } from '../support/servers.ts';

const password = 'gentle-otter-42';
/** The issuer of the account's tokens. */
const url = 'http://127.0.0.1:9999';
const killAtRename = new URL('../support/kill-at-rename.ts', import.meta.url).href;
const upgrade = ['upgrade', '--binaries', oldBinariesDirectory()];

/** DATA_DIR of PostgreSQL 17 with an account and tasks, and what clients have of it. */
let original: string;
let session: { id: string; token: string };
let cursor: string;

beforeAll(async () => {
  const { path, remove } = await temporaryDirectory();
  afterFile.push(remove);
  original = join(path, 'data');
  const old = await startOldCluster(original);
  const migrated = await runCommand({ DATABASE_URL: old.url, BETTER_AUTH_SECRET: secret }, 'migrate', 'up');
  expect([migrated.code, migrated.stderr]).toEqual([0, '']);
  const server = await startServer({ DATABASE_URL: old.url, DATA_DIR: original, BETTER_AUTH_URL: url });
  const registered = await fetch(`${server.url}/api/v1/auth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'ada@example.com', password, first_name: 'Ada', last_name: 'L' }),
  });
  const { user, access_token: token } = JSON.parse(await registered.text());
  session = { id: user.id, token };
  const bob = await newCaller(server.url, 'bob');
  await bob.createTasks(['one', 'two\t\\N']);
  cursor = (await bob.send('GET', '/changes')).body.next_cursor;
  server.child.kill('SIGTERM');
  await server.ended;
  await old.stop();
}, 120_000);

async function newOldDataDir() {
  const dataDir = await newDataDirectory();
  await cp(original, dataDir, { recursive: true });
  // The group that may pass is not copied.
  await chmod(dataDir, 0o711);
  return { DATA_DIR: dataDir, BETTER_AUTH_SECRET: secret, BETTER_AUTH_URL: url };
}

const versionOf = (directory: string) => readFileSync(join(directory, 'PG_VERSION'), 'utf8').trim();

const leftovers = (dataDir: string) =>
  readdirSync(dataDir).filter((name) => /\.new-|\.restored|restore\.lock/.test(name));

async function expectTasks(env: Record<string, string>) {
  const server = await startTestServer(env);
  const bob = await newCaller(server.url, 'bob');
  expect(await bob.titles()).toEqual(['one', 'two\t\\N']);
  return { server, bob };
}

/** It is the same service: sessions, tokens and cursors are valid. */
async function expectSameService(env: Record<string, string>): Promise<void> {
  const { server, bob } = await expectTasks(env);
  expect((await bob.send('GET', `/changes?since=${cursor}`)).status).toBe(200);
  const tasks = await fetch(`${server.url}/api/v1/users/${session.id}/tasks`, {
    headers: { authorization: `Bearer ${session.token}` },
  });
  expect(tasks.status).toBe(200);
  await bob.createTasks(['three']);
  server.child.kill('SIGTERM');
  await server.ended;
}

test('data of PostgreSQL 17 is moved to 18, and the old directory stays', async () => {
  const env = await newOldDataDir();
  const refused = await runCommand(env, 'serve');
  expect(refused.code).toBe(1);
  expect(refused.stderr).toMatch(
    /^DATA_DIR .* holds a database of PostgreSQL 17, and this Duly brings PostgreSQL 18: run npm run upgrade -- --binaries DIR, with the programs of PostgreSQL 17 in DIR\n$/,
  );
  const wrong = await runCommand(env, 'upgrade', '--binaries', '/tmp');
  expect(wrong.stderr).toMatch(
    /^upgrade: got "\/tmp", whose programs do not run .*of PostgreSQL 17 is wanted\n$/,
  );

  const { code, stdout, stderr } = await runCommand(env, ...upgrade);
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(
    /^upgraded from PostgreSQL 17 to 18: \d+ rows, \d users who have written, 2 tasks\n/,
  );
  const [, oldDirectory = ''] = /^the old data directory is (.+)$/m.exec(stdout) ?? [];
  expect([versionOf(oldDirectory), versionOf(join(env.DATA_DIR, 'postgres'))]).toEqual(['17', '18']);
  expect(existsSync(join(oldDirectory, 'postmaster.pid'))).toBe(false);
  expect(leftovers(env.DATA_DIR)).toEqual([]);
  expect((await runCommand(env, ...upgrade)).stdout).toMatch(/nothing to do\n$/);
  await expectSameService(env);
});

test('killed before it is complete, an upgrade is undone, and afterwards the next start completes it', async () => {
  const env = await newOldDataDir();
  const upgradeUntil = (path: string) =>
    runCommand({ ...env, NODE_OPTIONS: `--import ${killAtRename}`, KILL_AT_RENAME_TO: path }, ...upgrade);
  expect((await upgradeUntil('/postgres.restored')).signal).toBe('SIGKILL');
  expect(versionOf(join(env.DATA_DIR, 'postgres'))).toBe('17');

  expect((await upgradeUntil('/postgres')).signal).toBe('SIGKILL');
  expect(existsSync(join(env.DATA_DIR, 'postgres'))).toBe(false);
  const { server } = await expectTasks(env);
  expect(leftovers(env.DATA_DIR)).toEqual([]);
  server.child.kill('SIGTERM');
  await server.ended;
  const kept = readdirSync(env.DATA_DIR).filter((name) => name.includes('.before-upgrade-'));
  expect(kept.map((name) => versionOf(join(env.DATA_DIR, name)))).toEqual(['17']);
});

test('refuses while an older Duly serves the directory', async () => {
  const dataDir = await newDataDirectory();
  const old = await startOldCluster(dataDir);
  afterTest.push(() => old.stop());
  expect(await tryLock(old.client)).toBe(true);
  const env = { DATA_DIR: dataDir, BETTER_AUTH_SECRET: secret };
  expect((await runCommand(env, ...upgrade)).stderr).toMatch(
    /^upgrade: a running Duly uses the database: stop it/,
  );
  expect(await old.client.query('select 1')).toMatchObject({ rowCount: 1 });
});
