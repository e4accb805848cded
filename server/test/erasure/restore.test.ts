import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { hashOfUser } from '../../src/erasure/list.ts';
import {
  newBackupSettings,
  newCaller,
  runCommand,
  waitForArchive,
  waitForStatus,
} from '../support/backups.ts';
import { newDataDirectory, startTestServer } from '../support/servers.ts';

test('a restore erases again who was erased after its instant, by the list beside the backups', async () => {
  const env = await newBackupSettings();
  const server = await startTestServer(env);
  await waitForStatus(env.DATA_DIR, ({ backupAt }) => backupAt !== null);
  const [ada, bob] = [await newCaller(server.url, 'ada'), await newCaller(server.url, 'bob')];
  await ada.createTasks(['one']);
  await bob.createTasks(['two']);
  const instant = new Date().toISOString();
  const erased = await runCommand(env, 'admin', 'delete', 'ada');
  expect([erased.code, erased.stderr]).toEqual([0, '']);
  expect(readFileSync(join(env.BACKUP_DIRECTORY, 'erasures'), 'utf8')).toContain(hashOfUser('ada'));
  await waitForArchive(env);
  server.child.kill('SIGTERM');
  await server.ended;

  const elsewhere = { ...env, DATA_DIR: await newDataDirectory() };
  const restored = await runCommand(elsewhere, 'restore', '--to', instant);
  expect([restored.code, restored.stderr]).toEqual([0, '']);
  expect(restored.stdout).toContain('1 users of the erasure list are erased again\n');
  expect(restored.stdout).toContain(', 1 tasks\n');
  expect(readFileSync(join(elsewhere.DATA_DIR, 'erasures'), 'utf8')).toContain(hashOfUser('ada'));
  const verified = await runCommand(elsewhere, 'audit', 'verify');
  expect([verified.code, verified.stderr]).toEqual([0, '']);
});
