import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { expect, test, vi } from 'vitest';
import { newBackupSettings, newCaller, readSecret, runCommand, waitForStatus } from '../support/backups.ts';
import { afterTest } from '../support/clean-up.ts';
import { patience } from '../support/patience.ts';
import { startProcess } from '../support/process.ts';
import { newDataDirectory, startTestServer } from '../support/servers.ts';

const hasPrograms = ['age', 'zstd', 'tar'].every((name) => spawnSync(name, ['--version']).status === 0);

const backupsIn = (directory: string) => readdirSync(join(directory, 'base')).sort();

function flipByte(path: string, at: number): void {
  const content = readFileSync(path);
  content[at] = (content[at] ?? 0) ^ 1;
  writeFileSync(path, content);
}

test('an encrypted backup holds the secret, standard programs read it, and only its key restores it', async () => {
  const identity = await generateX25519Identity();
  const { BETTER_AUTH_SECRET: _, ...settings } = await newBackupSettings();
  const identityFile = join(settings.BACKUP_DIRECTORY, '..', `${process.pid}-age-identity.txt`);
  writeFileSync(identityFile, `# a comment\n${identity}\n`, { mode: 0o600 });
  afterTest.push(() => rmSync(identityFile));
  const env = {
    ...settings,
    BACKUP_AGE_RECIPIENTS: await identityToRecipient(identity),
    BETTER_AUTH_SECRET: '',
  };
  const server = await startTestServer(env);
  await waitForStatus(env.DATA_DIR, ({ backupAt }) => backupAt !== null);
  server.child.kill('SIGTERM');
  await server.ended;
  const [name = ''] = backupsIn(env.BACKUP_DIRECTORY);
  const archive = join(env.BACKUP_DIRECTORY, 'base', name, 'data.tar.zst.age');
  expect(readFileSync(archive, 'latin1')).toMatch(/^age-encryption\.org\/v1\n/);
  if (hasPrograms) {
    const command = 'age -d -i "$1" "$2" | zstd -dc | tar -xO duly-secret';
    const { stdout } = spawnSync('sh', ['-c', command, 'sh', identityFile, archive], { encoding: 'utf8' });
    expect(stdout).toBe(readSecret(env.DATA_DIR));
  }

  const elsewhere = { ...env, DATA_DIR: await newDataDirectory() };
  const refused = await runCommand(elsewhere, 'restore', '--to', 'latest');
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('BACKUP_AGE_IDENTITY_FILE')]);
  const withKey = { ...elsewhere, BACKUP_AGE_IDENTITY_FILE: identityFile };
  const restored = await runCommand(withKey, 'restore', '--to', 'latest');
  expect([restored.code, restored.stderr]).toEqual([0, '']);
  expect(restored.stdout).toContain('secret is that of the backup');
  expect(readSecret(elsewhere.DATA_DIR)).toBe(readSecret(env.DATA_DIR));
  expect(readdirSync(elsewhere.DATA_DIR).filter((file) => /\.new-|restore\.lock/.test(file))).toEqual([]);
}, 300_000);

test('backups are made and verified beside a running server; a flipped byte is found, and a kill leaves none', async () => {
  const env = await newBackupSettings();
  const server = await startTestServer(env);
  await waitForStatus(env.DATA_DIR, ({ backupAt }) => backupAt !== null);
  const ada = await newCaller(server.url, 'ada');
  await ada.createTasks(['one', 'two']);
  const metrics = async () => (await fetch(`${server.url}/health/ready`)).json();
  expect(await metrics()).toMatchObject({ status: 'ok', backup: 'ok' });

  const made = await runCommand(env, 'backup');
  expect([made.code, made.stderr]).toEqual([0, '']);
  expect(made.stdout).toContain('not encrypted, and without BETTER_AUTH_SECRET');
  const verified = await runCommand(env, 'backup', 'verify');
  expect([verified.code, verified.stderr]).toEqual([0, '']);
  expect(verified.stdout).toMatch(/restored, and as its manifest says/);

  const [, name = ''] = backupsIn(env.BACKUP_DIRECTORY);
  const manifestPath = join(env.BACKUP_DIRECTORY, 'base', name, 'manifest.json');
  const manifest = JSON.parse(readFileSync(manifestPath, 'utf8'));
  expect(manifest.state.rows).toMatchObject({ 'duly.tasks': 2, 'duly.owners': 1 });
  expect(manifest.holdsSecret).toBe(false);
  // A manifest that says something else than the files, then a byte that is not the one that was written.
  const copy = join(env.BACKUP_DIRECTORY, 'base', 'copy');
  mkdirSync(copy);
  for (const file of ['manifest.json', 'data.tar.zst'])
    copyFileSync(join(env.BACKUP_DIRECTORY, 'base', name, file), join(copy, file));
  manifest.state.rows['duly.tasks'] = 3;
  writeFileSync(join(copy, 'manifest.json'), JSON.stringify(manifest));
  const differing = await runCommand(env, 'backup', 'verify', '--backup', 'copy');
  // The copy is found by its directory's name.
  expect([differing.code, differing.stdout]).toEqual([1, 'copy: rows of duly.tasks: recorded 3, found 2\n']);
  flipByte(join(copy, 'data.tar.zst'), 1_000_000);
  const damaged = await runCommand(env, 'backup', 'verify', '--backup', 'copy');
  expect([damaged.code, damaged.stderr]).toEqual([1, expect.stringMatching(/data\.tar\.zst is damaged/)]);
  rmSync(copy, { recursive: true });

  const killed = startProcess(['backup'], env);
  await vi.waitUntil(() => backupsIn(env.BACKUP_DIRECTORY).length === 3, patience);
  const [, , unfinished = ''] = backupsIn(env.BACKUP_DIRECTORY);
  killed.child.kill('SIGKILL');
  await killed.ended;
  const listed = await runCommand(env, 'backup', 'list');
  expect(listed.stdout.trim().split('\n')).toHaveLength(3);
  expect((await runCommand(env, 'backup')).code).toBe(0);
  expect(backupsIn(env.BACKUP_DIRECTORY)).toHaveLength(3);
  expect(backupsIn(env.BACKUP_DIRECTORY)).not.toContain(unfinished);
  expect((await runCommand(env, 'backup', 'prune')).stdout).toContain('0 backups and 0 WAL files removed');
}, 300_000);

test('a target that is away is a detail of readiness, and the service goes on', async () => {
  const env = await newBackupSettings();
  const server = await startTestServer({ ...env, METRICS_TOKEN: 'a-token-for-metrics-of-tests' });
  await waitForStatus(env.DATA_DIR, ({ backupAt }) => backupAt !== null);
  const ada = await newCaller(server.url, 'ada');
  rmSync(env.BACKUP_DIRECTORY, { recursive: true });
  const readiness = async (): Promise<{ backup?: string }> =>
    JSON.parse(await (await fetch(`${server.url}/health/ready`)).text());
  await ada.createTasks(['still served']);
  await vi.waitUntil(async () => (await readiness()).backup === 'failing', patience);
  expect(await readiness()).toEqual({ status: 'ok', database: 'ok', schema: 'current', backup: 'failing' });
  const headers = { authorization: 'Bearer a-token-for-metrics-of-tests' };
  const metrics = await (await fetch(`${server.url}/metrics`, { headers })).text();
  expect(metrics).toMatch(/^duly_backup_failing 1$/m);
  mkdirSync(env.BACKUP_DIRECTORY);
  await vi.waitUntil(async () => (await readiness()).backup === 'ok', patience);
  expect(await ada.titles()).toEqual(['still served']);
}, 300_000);
