import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { expect, test, vi } from 'vitest';
import { prepareTarget } from '../../src/backup/target.ts';
import { createBucketStore } from '../../src/stores/bucket-store.ts';
import { secret } from '../support/app.ts';
import { newCaller, runCommand, waitForArchive, waitForStatus } from '../support/backups.ts';
import { startBucket } from '../support/bucket.ts';
import { patience } from '../support/patience.ts';
import { startProcess } from '../support/process.ts';
import { newDataDirectory, startTestServer } from '../support/servers.ts';

/** A service whose backups are in a bucket. */
async function newService() {
  const bucket = await startBucket();
  const env = {
    ...bucket.settings,
    DATA_DIR: await newDataDirectory(),
    BACKUP_WAL_SECONDS: '1',
    BACKUP_DAILY_AT: 'off',
    BETTER_AUTH_SECRET: secret,
  };
  return { bucket, env, store: createBucketStore(bucket.location, {}) };
}

test('after the loss of a machine, a bucket brings back exactly the rows of an instant, and erases again', async () => {
  const { env: plain, store } = await newService();
  const identity = await generateX25519Identity();
  const env = { ...plain, BACKUP_AGE_RECIPIENTS: await identityToRecipient(identity) };
  const server = await startTestServer(env);
  await waitForStatus(env.DATA_DIR, ({ backupAt }) => backupAt !== null);
  const [ada, bob] = [await newCaller(server.url, 'ada'), await newCaller(server.url, 'bob')];
  await ada.createTasks(['one', 'two']);
  await bob.createTasks(['to be erased']);
  const instant = new Date().toISOString();
  await ada.createTasks(['three']);
  expect((await runCommand(env, 'admin', 'delete', 'bob')).code).toBe(0);
  await waitForArchive(env);
  server.child.kill('SIGTERM');
  await server.ended;

  const identityFile = join(env.DATA_DIR, '..', 'identity.txt');
  writeFileSync(identityFile, `${identity}\n`);
  const elsewhere = {
    ...env,
    DATA_DIR: await newDataDirectory(),
    BACKUP_AGE_IDENTITY_FILE: identityFile,
  };
  const restored = await runCommand(elsewhere, 'restore', '--to', instant);
  expect([restored.code, restored.stderr]).toEqual([0, '']);
  expect(restored.stdout).toContain('1 users of the erasure list are erased again\n');
  const verified = await runCommand(elsewhere, 'backup', 'verify');
  expect([verified.code, verified.stderr]).toEqual([0, '']);
  const next = await startTestServer(elsewhere);
  expect(await (await newCaller(next.url, 'ada')).titles()).toEqual(['one', 'two']);
  expect(await (await newCaller(next.url, 'bob')).titles()).toEqual([]);
  expect((await store.list('')).filter((name) => /secret|identity/.test(name))).toEqual([]);
}, 300_000);

test('a killed upload is no backup, and the next one removes its rest; old backups are pruned with their WAL', async () => {
  const { bucket, env, store } = await newService();
  const server = await startTestServer(env);
  const [first = ''] = await completeBackups(env);
  bucket.setFaults((request) => (/^PUT .*\/manifest\.json/.test(request) ? 'none' : null));
  const killed = startProcess(['backup'], env);
  const rest = async () => (await store.list('base/')).filter((name) => !name.startsWith(`base/${first}/`));
  await vi.waitUntil(async () => (await rest()).length > 0, patience);
  killed.child.kill('SIGKILL');
  await killed.ended;
  bucket.setFaults(() => null);
  const left = await rest();
  expect(left.filter((name) => !/\/data\.tar\.zst\.\d{6}$/.test(name))).toEqual([]);
  const listed = await runCommand(env, 'backup', 'list');
  expect(listed.stdout.trim().split('\n')).toEqual([
    expect.stringContaining('name'),
    expect.stringContaining(first),
  ]);
  expect((await runCommand(env, 'backup')).code).toBe(0);
  const [, second = ''] = await completeBackups(env);
  expect((await rest()).filter((name) => !name.startsWith(`base/${second}/`))).toEqual([]);

  // Both are older than BACKUP_KEEP_DAYS now, and the second brings back all of these days.
  const manifest = JSON.parse((await store.read(`base/${first}/manifest.json`))?.toString() ?? '');
  const old = { ...manifest, consistentAt: '2026-01-01T00:00:00.000Z' };
  await store.write(`base/${first}/manifest.json`, Buffer.from(JSON.stringify(old)));
  const secondPath = `base/${second}/manifest.json`;
  const newer = JSON.parse((await store.read(secondPath))?.toString() ?? '');
  await store.write(
    secondPath,
    Buffer.from(JSON.stringify({ ...newer, consistentAt: '2026-01-02T00:00:00Z' })),
  );
  const pruned = await runCommand(env, 'backup', 'prune');
  expect(pruned.stdout).toMatch(new RegExp(`^removed ${first}\\n1 backups and \\d+ WAL files removed\\n$`));
  expect(await store.list(`base/${first}/`)).toEqual([]);
  server.child.kill('SIGTERM');
  await server.ended;
}, 300_000);

/** The names of all, when there is one. */
async function completeBackups(env: Record<string, string> & { DATA_DIR: string }): Promise<string[]> {
  await waitForStatus(env.DATA_DIR, ({ backupAt }) => backupAt !== null);
  const { stdout } = await runCommand(env, 'backup', 'list');
  return [...stdout.matchAll(/^\d{8}T\S+/gm)].map(([name]) => name);
}

test('a store that is away is a detail of readiness, and what waited is archived when it is back', async () => {
  const { bucket, env } = await newService();
  const server = await startTestServer(env);
  await waitForStatus(env.DATA_DIR, ({ backupAt }) => backupAt !== null);
  const readiness = async (): Promise<{ backup?: string }> =>
    JSON.parse(await (await fetch(`${server.url}/health/ready`)).text());
  await vi.waitUntil(async () => (await readiness()).backup === 'ok', patience);
  const ada = await newCaller(server.url, 'ada');
  bucket.setFaults(() => 'cut');
  const since = performance.now();
  await ada.createTasks(['while it is away']);
  await vi.waitUntil(async () => (await readiness()).backup === 'failing', { ...patience, timeout: 60_000 });
  expect(performance.now() - since).toBeLessThan(60_000);
  expect(await readiness()).toEqual({ status: 'ok', database: 'ok', schema: 'current', backup: 'failing' });
  bucket.setFaults(() => null);
  await vi.waitUntil(async () => (await readiness()).backup === 'ok', patience);
  await waitForArchive(env);
  server.child.kill('SIGTERM');
  expect((await server.ended).stdout).not.toContain(bucket.location.secretAccessKey);
  const elsewhere = { ...env, DATA_DIR: await newDataDirectory() };
  const restored = await runCommand(elsewhere, 'restore', '--to', 'latest');
  expect(restored.stdout).toContain(', 1 tasks\n');
  expect(restored.stdout).not.toContain('the archive lacks');
}, 300_000);

test('what is wrong with a bucket is said in one line, and the service starts without it', async () => {
  const { bucket, env, store } = await newService();
  const wrong = { ...env, AWS_SECRET_ACCESS_KEY: 'something-else' };
  const refused = await runCommand(wrong, 'backup', 'list');
  expect([refused.code, refused.stderr]).toEqual([
    1,
    `${bucket.location.url}: GET failed: 403 SignatureDoesNotMatch, check AWS_SECRET_ACCESS_KEY\n`,
  ]);
  const empty = await runCommand(env, 'restore', '--to', 'latest');
  expect([empty.code, empty.stderr]).toEqual([1, `${bucket.location.url} holds no backups of Duly\n`]);
  await prepareTarget(store, '4711');
  await expect(prepareTarget(store, '4712')).rejects.toThrow(
    `${bucket.location.url} holds the backups of another database: an empty one is wanted, or restore that database`,
  );
  bucket.setFaults(() => 'cut');
  const server = await startTestServer({ ...env, LOG_LEVEL: 'warn' });
  await waitForStatus(env.DATA_DIR, ({ failingSince }) => failingSince !== null);
  bucket.setFaults(() => null);
  await waitForStatus(env.DATA_DIR, ({ reason }) => /another database/.test(reason ?? ''));
  const doctor = await runCommand(env, 'doctor');
  expect(doctor.stdout).toMatch(/problem {2}backups: WAL cannot be archived since .*another database/);
  server.child.kill('SIGTERM');
  expect((await server.ended).stdout).toContain('the erasure list beside the backups cannot be read');
}, 300_000);
