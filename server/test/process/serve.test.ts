import { closeSync, existsSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { secret } from '../support/app.ts';
import { afterTest } from '../support/clean-up.ts';
import { countLockWaits } from '../support/lock-waits.ts';
import { isLong } from '../support/long-tests.ts';
import { freePort, postTask, responseStatus, startProcess, taskIds, waitUntil } from '../support/process.ts';
import { createMigratedDatabase, newDataDirectory, startTestServer } from '../support/servers.ts';

async function postmasterPid(dataDir: string): Promise<number> {
  return Number((await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8')).split('\n')[0]);
}

test('a first start serves on an embedded database, says where things are, and the next start finds the tasks', async () => {
  const DATA_DIR = await newDataDirectory();
  const first = await startTestServer({ DATA_DIR });
  const id = await postTask(first.url, 'ada', 'kept');
  expect(id).not.toBeNull();
  first.child.kill('SIGINT');
  const { code, stderr, stdout } = await first.ended;
  expect(code).toBe(0);
  const url = first.url.replace('127.0.0.1', 'localhost');
  expect(stderr).toContain(`serves on ${url}\n`);
  expect(stderr).toContain(`${url}/docs`);
  expect(stderr).toContain(join(DATA_DIR, 'postgres'));
  expect(stderr).toContain('Ctrl-C');
  for (const line of stdout.trim().split('\n')) expect(() => JSON.parse(line)).not.toThrow();
  expect(await responseStatus(`${first.url}/health`)).toBe(0);

  const second = await startTestServer({ DATA_DIR });
  expect(await taskIds(second.url, 'ada')).toEqual(new Set([id]));
});

test('a disk that is too full for the log costs its lines, and nothing else', async () => {
  const full = openSync('/dev/full', 'w');
  const PORT = String(await freePort());
  const settings = {
    PORT,
    DATA_DIR: await newDataDirectory(),
    DATABASE_URL: await createMigratedDatabase(),
    BETTER_AUTH_SECRET: secret,
    RATE_LIMIT_PER_IP: 'off',
  };
  const server = startProcess(['serve'], settings, false, full);
  closeSync(full);
  const url = `http://127.0.0.1:${PORT}`;
  await waitUntil(async () => (await responseStatus(`${url}/health/ready`)) === 200);
  for (let round = 0; round < 20; round += 1)
    await Promise.all(Array.from({ length: 20 }, () => fetch(`${url}/api/ada/tasks`)));
  expect(await postTask(url, 'ada', 'made without a log')).not.toBeNull();
  server.child.kill('SIGTERM');
  expect(await server.ended).toMatchObject({
    code: 0,
    stderr: 'the log cannot be written: ENOSPC: no space left on device, write\n',
  });
});

test('SIGTERM lets requests under way finish, then ends with code 0', async () => {
  const DATA_DIR = await newDataDirectory();
  const server = await startTestServer({ DATA_DIR });
  await postTask(server.url, 'ada', 'first');
  const writes = Array.from({ length: 30 }, (_, index) => postTask(server.url, 'ada', `task ${index}`));
  await Promise.race(writes);
  server.child.kill('SIGTERM');
  const acknowledged = (await Promise.all(writes)).filter((id) => id !== null);
  expect((await server.ended).code).toBe(0);
  const again = await startTestServer({ DATA_DIR });
  const kept = await taskIds(again.url, 'ada');
  for (const id of acknowledged) expect(kept).toContain(id);
});

test('another BETTER_AUTH_SECRET on the same data: accounts work, and tokens of before are still accepted', async () => {
  const DATA_DIR = await newDataDirectory();
  const credentials = { email: 'ada@example.com', password: 'gentle-otter-42' };
  const post = async (url: string, body: object) => {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
    return { status: response.status, body: JSON.parse(await response.text()) };
  };
  const BETTER_AUTH_URL = 'https://duly.example';
  const first = await startTestServer({ DATA_DIR, BETTER_AUTH_URL });
  const names = { first_name: 'Ada', last_name: 'Lovelace' };
  const registered = await post(`${first.url}/api/v1/auth/register`, { ...credentials, ...names });
  expect(registered.status).toBe(201);
  first.child.kill('SIGTERM');
  await first.ended;

  const second = await startTestServer({
    DATA_DIR,
    BETTER_AUTH_URL,
    BETTER_AUTH_SECRET: 'quite another one and long enough',
  });
  const login = await post(`${second.url}/api/v1/auth/login`, credentials);
  expect(login.status).toBe(200);
  for (const { access_token, user } of [registered.body, login.body]) {
    const headers = { authorization: `Bearer ${access_token}` };
    expect((await fetch(`${second.url}/api/${user.id}/tasks`, { headers })).status).toBe(200);
  }
});

test('a statement that waits for ever does not keep the server from stopping', async () => {
  const DATABASE_URL = await createMigratedDatabase();
  const server = await startTestServer({ DATA_DIR: await newDataDirectory(), DATABASE_URL });
  await postTask(server.url, 'ada', 'first');
  const blocker = new pg.Client(DATABASE_URL);
  await blocker.connect();
  afterTest.push(() => blocker.end());
  await blocker.query("begin; select from duly.owners where user_id = 'ada' for update");
  const blocked = postTask(server.url, 'ada', 'blocked');
  await waitUntil(async () => (await countLockWaits((text) => blocker.query(text))) === 1);
  server.child.kill('SIGTERM');
  expect((await server.ended).code).toBe(0);
  expect(await blocked).toBeNull();
});

test('SIGTERM while the server starts stops the database too, with code 0', async () => {
  const DATA_DIR = await newDataDirectory();
  const { child, ended } = startProcess(['serve'], { DATA_DIR, PORT: String(await freePort()) });
  await waitUntil(() => existsSync(join(DATA_DIR, 'postgres', 'postmaster.pid')));
  child.kill('SIGTERM');
  expect((await ended).code).toBe(0);
  expect(existsSync(join(DATA_DIR, 'postgres', 'postmaster.pid'))).toBe(false);
});

test('a server whose launcher is gone stops by itself', async () => {
  const server = await startTestServer({ DATA_DIR: await newDataDirectory() }, true);
  server.child.disconnect();
  expect((await server.ended).code).toBe(0);
});

describe('no acknowledged write is lost and no hand is needed', () => {
  /** Writes with 4 clients until stopped. @returns the ids of acknowledged tasks */
  function writers(url: () => string) {
    const acknowledged = new Set<string>();
    let going = true;
    const done = Promise.all(
      Array.from({ length: 4 }, async (_, client) => {
        for (let count = 0; going; count += 1) {
          const id = await postTask(url(), `writer${client}`, `task ${count}`);
          if (id !== null) acknowledged.add(id);
        }
      }),
    );
    return {
      acknowledged,
      async stop() {
        going = false;
        await done;
      },
    };
  }

  async function allIds(url: string): Promise<Set<string>> {
    const sets = await Promise.all(Array.from({ length: 4 }, (_, client) => taskIds(url, `writer${client}`)));
    return new Set(sets.flatMap((ids) => [...ids]));
  }

  const kills = isLong ? 10 : 1;
  test(`after kill -9 of the server during writes, ${kills} times over`, async () => {
    const DATA_DIR = await newDataDirectory();
    let server = await startTestServer({ DATA_DIR });
    const load = writers(() => server.url);
    for (let round = 1; round <= kills; round += 1) {
      const before = load.acknowledged.size;
      await waitUntil(() => load.acknowledged.size >= before + 20);
      server.child.kill('SIGKILL');
      await server.ended;
      server = await startTestServer({ DATA_DIR });
    }
    await load.stop();
    const kept = await allIds(server.url);
    expect([...load.acknowledged].filter((id) => !kept.has(id))).toEqual([]);
  });

  test('after kill -9 of the postmaster during writes: not ready, alive, and back without a restart', async () => {
    const DATA_DIR = await newDataDirectory();
    const server = await startTestServer({ DATA_DIR });
    const load = writers(() => server.url);
    for (let round = 1; round <= 3; round += 1) {
      const before = load.acknowledged.size;
      await waitUntil(() => load.acknowledged.size >= before + 20);
      process.kill(await postmasterPid(DATA_DIR), 'SIGKILL');
      await waitUntil(async () => (await responseStatus(`${server.url}/health/ready`)) === 503);
      expect(await responseStatus(`${server.url}/health/live`)).toBe(200);
      await waitUntil(async () => (await responseStatus(`${server.url}/health/ready`)) === 200);
    }
    await load.stop();
    const kept = await allIds(server.url);
    expect([...load.acknowledged].filter((id) => !kept.has(id))).toEqual([]);
  });
});
