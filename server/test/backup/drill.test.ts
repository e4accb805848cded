import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  newBackupSettings,
  newCaller,
  runCommand,
  waitForArchive,
  waitForStatus,
} from '../support/backups.ts';
import { startTestServer } from '../support/servers.ts';

const password = 'gentle-otter-42';

async function register(url: string): Promise<{ id: string; token: string }> {
  const person = { email: 'ada@example.com', password, first_name: 'Ada', last_name: 'L' };
  const response = await fetch(`${url}/api/v1/auth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(person),
  });
  const { user, access_token } = JSON.parse(await response.text());
  return { id: user.id, token: access_token };
}

const statusWith = async (url: string, userId: string, token: string, path = '/tasks') =>
  (await fetch(`${url}/api/v1/users/${userId}${path}`, { headers: { authorization: `Bearer ${token}` } }))
    .status;

/** The database's clock and this one are the same machine's; a commit between two readings is between them. */
const tick = () => new Promise((settle) => setTimeout(settle, 20));

test('a restore brings back exactly the rows of an instant; sessions, tokens and cursors of before are void', async () => {
  const env = await newBackupSettings();
  const server = await startTestServer(env);
  await waitForStatus(env.DATA_DIR, ({ backupAt }) => backupAt !== null);
  const account = await register(server.url);
  const bob = await newCaller(server.url, 'bob');
  await bob.createTasks(['one', 'two', 'three']);
  const { next_cursor: cursor } = (await bob.send('GET', '/changes')).body;
  await tick();
  const instant = new Date();
  await tick();
  await bob.createTasks(['four']);
  const { data } = (await bob.send('GET', '/tasks')).body;
  for (const { id } of data) await bob.send('DELETE', `/tasks/${id}`);
  const unknown = await newCaller(server.url, 'carol');
  await unknown.createTasks(['not there yet']);
  const committedAt = performance.now();
  await waitForArchive(env);
  // A segment is complete after BACKUP_WAL_SECONDS, here 1, and archived within 30 s; the rest is for a busy machine.
  expect(performance.now() - committedAt).toBeLessThan(60_000);

  const to = instant.toISOString();
  expect((await runCommand(env, 'restore', '--to', to)).stderr).toMatch(/in use by a running Duly/);
  server.child.kill('SIGTERM');
  await server.ended;
  const { code, stdout, stderr } = await runCommand(env, 'restore', '--to', to);
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toContain('1 sessions are ended');
  const [, oldDirectory = ''] = /^the old data directory is (.+)$/m.exec(stdout) ?? [];
  expect(existsSync(oldDirectory)).toBe(true);

  const restored = await startTestServer(env);
  expect(await (await newCaller(restored.url, 'bob')).titles()).toEqual(['one', 'three', 'two']);
  expect(await (await newCaller(restored.url, 'carol')).titles()).toEqual([]);
  expect(await statusWith(restored.url, 'bob', bob.token)).toBe(401);
  expect(await statusWith(restored.url, 'carol', unknown.token)).toBe(401);
  expect(await statusWith(restored.url, account.id, account.token)).toBe(401);
  const fresh = await newCaller(restored.url, 'bob');
  expect((await fresh.send('GET', `/changes?since=${cursor}`)).status).toBe(410);
  expect((await runCommand(env, 'audit', 'verify')).code).toBe(0);
  // The restored timeline is archived as well, and can be restored in turn.
  await fresh.createTasks(['five']);
  await waitForArchive(env);
  restored.child.kill('SIGTERM');
  await restored.ended;
  expect((await runCommand(env, 'restore', '--to', 'latest')).code).toBe(0);
  const again = await startTestServer(env);
  expect(await (await newCaller(again.url, 'bob')).titles()).toEqual(['five', 'one', 'three', 'two']);
}, 300_000);
