import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, describe, expect, test } from 'vitest';
import { asAdmin, createDatabase, urlOf } from './support/database.ts';
import {
  createTask,
  freePort,
  run,
  type Server,
  serve,
  status,
  taskIds,
  temporaryDirectory,
  until,
} from './support/process.ts';

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const undo of cleanUp.splice(0).reverse()) await undo();
});

async function dataDirectory(): Promise<string> {
  const { path, remove } = await temporaryDirectory();
  cleanUp.push(remove);
  return join(path, 'data');
}

async function start(env: Record<string, string>, ipc = false): Promise<Server> {
  const server = await serve(env, ipc);
  cleanUp.push(async () => {
    if (server.child.exitCode === null && server.child.signalCode === null) server.child.kill('SIGTERM');
    await server.ended;
  });
  return server;
}

/** A migrated database of its own on the test server. */
async function migratedDatabase(): Promise<string> {
  const database = await createDatabase();
  cleanUp.push(() => database.drop());
  return urlOf(database.connection);
}

async function postmasterPid(dataDir: string): Promise<number> {
  return Number((await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8')).split('\n')[0]);
}

test('a first start serves on an embedded database, says where things are, and the next start finds the tasks', async () => {
  const DATA_DIR = await dataDirectory();
  const first = await start({ DATA_DIR });
  const id = await createTask(first.url, 'ada', 'kept');
  expect(id).not.toBeNull();
  first.child.kill('SIGINT');
  const { code, stderr, stdout } = await first.ended;
  expect(code).toBe(0);
  expect(stderr).toContain(first.url);
  expect(stderr).toContain(`${first.url}/docs`);
  expect(stderr).toContain(join(DATA_DIR, 'postgres'));
  expect(stderr).toContain('Ctrl-C');
  for (const line of stdout.trim().split('\n')) expect(() => JSON.parse(line)).not.toThrow();
  expect(await status(`${first.url}/health`)).toBe(0);

  const second = await start({ DATA_DIR });
  expect(await taskIds(second.url, 'ada')).toEqual(new Set([id]));
});

test('SIGTERM lets requests under way finish, then ends with code 0', async () => {
  const DATA_DIR = await dataDirectory();
  const server = await start({ DATA_DIR });
  await createTask(server.url, 'ada', 'first');
  const writes = Array.from({ length: 30 }, (_, index) => createTask(server.url, 'ada', `task ${index}`));
  await Promise.race(writes);
  server.child.kill('SIGTERM');
  const acknowledged = (await Promise.all(writes)).filter((id) => id !== null);
  expect((await server.ended).code).toBe(0);
  const again = await start({ DATA_DIR });
  const kept = await taskIds(again.url, 'ada');
  for (const id of acknowledged) expect(kept).toContain(id);
});

test('another BETTER_AUTH_SECRET on the same data: accounts work, and tokens of before are still accepted', async () => {
  const DATA_DIR = await dataDirectory();
  const credentials = { email: 'ada@example.com', password: 'gentle-otter-42' };
  const post = async (url: string, body: object) => {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
    return { status: response.status, body: JSON.parse(await response.text()) };
  };
  const BETTER_AUTH_URL = 'https://duly.example';
  const first = await start({ DATA_DIR, BETTER_AUTH_URL });
  const names = { first_name: 'Ada', last_name: 'Lovelace' };
  const registered = await post(`${first.url}/api/v1/auth/register`, { ...credentials, ...names });
  expect(registered.status).toBe(201);
  first.child.kill('SIGTERM');
  await first.ended;

  const second = await start({
    DATA_DIR,
    BETTER_AUTH_URL,
    BETTER_AUTH_SECRET: 'quite another one, and long enough',
  });
  const login = await post(`${second.url}/api/v1/auth/login`, credentials);
  expect(login.status).toBe(200);
  for (const { access_token, user } of [registered.body, login.body]) {
    const headers = { authorization: `Bearer ${access_token}` };
    expect((await fetch(`${second.url}/api/${user.id}/tasks`, { headers })).status).toBe(200);
  }
});

test('a statement that waits for ever does not keep the server from stopping', async () => {
  const DATABASE_URL = await migratedDatabase();
  const server = await start({ DATA_DIR: await dataDirectory(), DATABASE_URL });
  await createTask(server.url, 'ada', 'first');
  const blocker = new pg.Client(DATABASE_URL);
  await blocker.connect();
  cleanUp.push(() => blocker.end());
  await blocker.query("begin; select from owners where user_id = 'ada' for update");
  const blocked = createTask(server.url, 'ada', 'blocked');
  await until(async () => {
    const { rowCount } = await blocker.query("select from pg_stat_activity where wait_event_type = 'Lock'");
    return rowCount === 1;
  });
  server.child.kill('SIGTERM');
  expect((await server.ended).code).toBe(0);
  expect(await blocked).toBeNull();
});

test('SIGTERM while the server starts stops the database too, with code 0', async () => {
  const DATA_DIR = await dataDirectory();
  const { child, ended } = run(['serve'], { DATA_DIR, PORT: String(await freePort()) });
  await until(() => existsSync(join(DATA_DIR, 'postgres', 'postmaster.pid')));
  child.kill('SIGTERM');
  expect((await ended).code).toBe(0);
  expect(existsSync(join(DATA_DIR, 'postgres', 'postmaster.pid'))).toBe(false);
});

test('a server whose launcher is gone stops by itself', async () => {
  const server = await start({ DATA_DIR: await dataDirectory() }, true);
  server.child.disconnect();
  expect((await server.ended).code).toBe(0);
});

describe('no acknowledged write is lost and no hand is needed', () => {
  /** Writes with 4 clients until told to stop; the ids that were acknowledged. */
  function writers(url: () => string) {
    const acknowledged = new Set<string>();
    let going = true;
    const done = Promise.all(
      Array.from({ length: 4 }, async (_, client) => {
        for (let count = 0; going; count += 1) {
          const id = await createTask(url(), `writer${client}`, `task ${count}`);
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

  test('after kill -9 of the server during writes, three times over', async () => {
    const DATA_DIR = await dataDirectory();
    let server = await start({ DATA_DIR });
    const load = writers(() => server.url);
    for (let round = 1; round <= 3; round += 1) {
      const before = load.acknowledged.size;
      await until(() => load.acknowledged.size >= before + 20);
      server.child.kill('SIGKILL');
      await server.ended;
      server = await start({ DATA_DIR });
    }
    await load.stop();
    const kept = await allIds(server.url);
    expect([...load.acknowledged].filter((id) => !kept.has(id))).toEqual([]);
  });

  test('after kill -9 of the postmaster during writes: not ready, alive, and back without a restart', async () => {
    const DATA_DIR = await dataDirectory();
    const server = await start({ DATA_DIR });
    const load = writers(() => server.url);
    for (let round = 1; round <= 3; round += 1) {
      const before = load.acknowledged.size;
      await until(() => load.acknowledged.size >= before + 20);
      process.kill(await postmasterPid(DATA_DIR), 'SIGKILL');
      await until(async () => (await status(`${server.url}/health/ready`)) === 503);
      expect(await status(`${server.url}/health/live`)).toBe(200);
      await until(async () => (await status(`${server.url}/health/ready`)) === 200);
    }
    await load.stop();
    const kept = await allIds(server.url);
    expect([...load.acknowledged].filter((id) => !kept.has(id))).toEqual([]);
  });
});

describe('a wrong setting stops the start with one line and code 1', () => {
  async function refusal(env: Record<string, string>): Promise<string> {
    const { ended } = run(['serve'], {
      PORT: String(await freePort()),
      DATA_DIR: await dataDirectory(),
      ...env,
    });
    const { code, stderr } = await ended;
    expect(code).toBe(1);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    return stderr;
  }

  test('a DATABASE_URL that is no URL, or of another database', async () => {
    expect(await refusal({ DATABASE_URL: 'localhost' })).toMatch(/^DATABASE_URL: got .* wants postgresql:/);
    expect(await refusal({ DATABASE_URL: 'mysql://u:hidden@h/d' })).not.toContain('hidden');
    const url = 'postgresql://u:hidden@127.0.0.1/d';
    expect(await refusal({ DATABASE_URL: `${url}?sslmode=bogus` })).toMatch(
      /^DATABASE_URL: got sslmode="bogus", wants /,
    );
    expect(await refusal({ DATABASE_URL: `${url}?sslrootcert=/nope` })).toMatch(
      /^DATABASE_URL: got sslrootcert="\/nope"/,
    );
    expect(await refusal({ DATABASE_URL: 'postgresql://u:hid%ZZden@h/d' })).not.toContain('hid');
  });

  test('a port in use, or no port at all', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    cleanUp.push(() => other.close());
    const address = other.address();
    const PORT = String(typeof address === 'object' && address !== null ? address.port : '');
    expect(await refusal({ PORT })).toBe(`PORT: got ${PORT}, which is in use; wants a free port\n`);
    expect(await refusal({ PORT: '80a' })).toMatch(/^PORT: got "80a", wants a whole number/);
  });

  test('a DATA_DIR that cannot be written', async () => {
    expect(await refusal({ DATA_DIR: '/dev/null/data' })).toMatch(/^DATA_DIR: /);
  });

  test('a short secret in production', async () => {
    const production = { NODE_ENV: 'production', JWT_ISSUER: 'i', JWT_AUDIENCE: 'a' };
    expect(await refusal({ ...production, BETTER_AUTH_SECRET: 'short' })).toBe(
      'BETTER_AUTH_SECRET: got 5 characters, wants at least 32 in production\n',
    );
  });

  test('an ALLOWED_ORIGINS that is not exact origins', async () => {
    for (const origin of ['*', 'localhost:3000', 'http://a.example/', 'https://*.example']) {
      expect(await refusal({ ALLOWED_ORIGINS: origin })).toMatch(/^ALLOWED_ORIGINS: got /);
    }
  });

  test('a HOST that is no name, an environment nobody knows, an issuer that is not there yet', async () => {
    expect(await refusal({ HOST: 'a b' })).toBe('HOST: got "a b", wants a host name or an IP address\n');
    expect(await refusal({ NODE_ENV: 'prod' })).toMatch(/^NODE_ENV: got "prod", wants production, /);
    expect(await refusal({ JWKS_URL: 'https://issuer.example/jwks' })).toMatch(
      /^JWKS_URL: got a value, wants nothing/,
    );
  });

  test('an unknown command', async () => {
    const { ended } = run(['sevre'], {});
    expect(await ended).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^duly: no command "sevre"; there are: serve, migrate\n$/),
    });
  });
});

describe('with DATABASE_URL', () => {
  async function emptyDatabase() {
    const database = await createDatabase('empty');
    cleanUp.push(() => database.drop());
    return urlOf(database.connection);
  }

  test('serve refuses a schema that is behind with the command to run; migrate up, down, status and redo do as told', async () => {
    const DATABASE_URL = await emptyDatabase();
    const env = { DATABASE_URL, DATA_DIR: await dataDirectory() };
    const migrate = async (word: string) => (await run(['migrate', word], env).ended).stdout;
    const refused = await run(['serve'], { ...env, PORT: String(await freePort()) }).ended;
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(
      /^DATABASE_URL: the schema is at version 0, .* run: npm run migrate -- up\n$/,
    );

    expect(await migrate('status')).toMatch(/^pending 1 owners_tasks_tags\n/);
    expect(await migrate('up')).toMatch(/^up 1 owners_tasks_tags\nup 2 /);
    expect(await migrate('up')).toBe('nothing to do\n');
    expect(await migrate('redo')).toMatch(/^down (\d+ \w+)\nup \1\n$/);
    const server = await start(env);
    expect(await createTask(server.url, 'ada', 'elsewhere')).not.toBeNull();
    expect(await migrate('down')).toMatch(/^down \d/);
    expect(await migrate('status')).toMatch(/pending/);
    expect(await status(`${server.url}/health/ready`)).toBe(503);
    expect((await run(['migrate', 'constructor'], env).ended).code).toBe(1);
    const wrong = await run(['migrate', 'sideways'], env).ended;
    expect(wrong).toMatchObject({
      code: 1,
      stderr: 'migrate: got "sideways", wants up, down, status, redo\n',
    });
  });

  test('a database that is away at the start: the process stays, and is ready once the database comes', async () => {
    const { connection } = await createDatabase('empty');
    const migrated = urlOf(connection);
    const env = { DATABASE_URL: `${migrated}_later`, DATA_DIR: await dataDirectory() };
    await run(['migrate', 'up'], { ...env, DATABASE_URL: migrated }).ended;
    const PORT = String(await freePort());
    const running = run(['serve'], { ...env, PORT });
    cleanUp.push(async () => {
      running.child.kill('SIGTERM');
      await running.ended;
      await asAdmin(`drop database if exists ${connection.database}_later with (force)`);
    });
    const url = `http://127.0.0.1:${PORT}`;
    await until(async () => (await status(`${url}/health/live`)) === 200);
    expect(await status(`${url}/health/ready`)).toBe(503);
    await asAdmin(`alter database ${connection.database} rename to ${connection.database}_later`);
    await until(async () => (await status(`${url}/health/ready`)) === 200);
    expect(running.child.exitCode).toBeNull();
  });
});
