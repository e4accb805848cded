import { once } from 'node:events';
import { createServer } from 'node:http';
import { describe, expect, test } from 'vitest';
import { afterTest } from '../support/clean-up.ts';
import { asAdmin, createDatabase, urlOf } from '../support/database.ts';
import { freePort, postTask, responseStatus, startProcess, waitUntil } from '../support/process.ts';
import { newDataDirectory, startTestServer } from '../support/servers.ts';

describe('a wrong setting stops the start with one line and code 1', () => {
  async function refusal(env: Record<string, string>): Promise<string> {
    const { ended } = startProcess(['serve'], {
      PORT: String(await freePort()),
      DATA_DIR: await newDataDirectory(),
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
    afterTest.push(() => other.close());
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

  test('a HOST that is no name, an environment nobody knows, a remote issuer without its name', async () => {
    expect(await refusal({ HOST: 'a b' })).toBe('HOST: got "a b", wants a host name or an IP address\n');
    expect(await refusal({ NODE_ENV: 'prod' })).toMatch(/^NODE_ENV: got "prod", wants production, /);
    expect(await refusal({ JWKS_URL: 'https://issuer.example/jwks', JWT_AUDIENCE: 'a' })).toMatch(
      /^JWT_ISSUER: got nothing, wants .* with JWKS_URL\)$/m,
    );
  });

  test('an unknown command', async () => {
    const { ended } = startProcess(['sevre'], {});
    expect(await ended).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /^duly: no command "sevre"; there are: serve, worker, jobs, admin, audit, migrate, backup, restore, dump, load, upgrade, doctor, healthcheck, check-mail\n$/,
      ),
    });
  });
});

describe('with DATABASE_URL', () => {
  async function emptyDatabase() {
    const database = await createDatabase('empty');
    afterTest.push(() => database.drop());
    return urlOf(database.connection);
  }

  test('serve refuses a schema that is behind with the command to run; migrate up, down, status and redo do as told', async () => {
    const DATABASE_URL = await emptyDatabase();
    const env = { DATABASE_URL, DATA_DIR: await newDataDirectory() };
    const migrate = async (word: string) => (await startProcess(['migrate', word], env).ended).stdout;
    const refused = await startProcess(['serve'], { ...env, PORT: String(await freePort()) }).ended;
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(
      /^DATABASE_URL: the schema is at version 0, .* run: npm run migrate -- up\n$/,
    );

    expect(await migrate('status')).toMatch(/^pending 1 owners_tasks_tags\n/);
    expect(await migrate('up')).toMatch(/^up 1 owners_tasks_tags\nup 2 /);
    expect(await migrate('up')).toBe('nothing to do\n');
    expect(await migrate('redo')).toMatch(/^down (\d+ \w+)\nup \1\n$/);
    const server = await startTestServer(env);
    expect(await postTask(server.url, 'ada', 'elsewhere')).not.toBeNull();
    const readiness = () => responseStatus(`${server.url}/health/ready`);
    const undo = async () => {
      expect(await migrate('down')).toMatch(/^down \d/);
      expect(await migrate('status')).toMatch(/pending/);
    };
    await undo();
    // Without the last migration an instance may be ready, if that one is optional; not without two.
    if ((await readiness()) === 200) await undo();
    expect(await readiness()).toBe(503);
    expect((await startProcess(['migrate', 'constructor'], env).ended).code).toBe(1);
    const wrong = await startProcess(['migrate', 'sideways'], env).ended;
    expect(wrong).toMatchObject({
      code: 1,
      stderr: 'migrate: got "sideways", wants up, down, status, redo\n',
    });
  });

  test('a database that is away at the start and comes unmigrated: one line, code 1', async () => {
    const { connection } = await createDatabase('empty');
    const later = `${connection.database}_later`;
    const env = { DATABASE_URL: `${urlOf(connection)}_later`, DATA_DIR: await newDataDirectory() };
    const PORT = String(await freePort());
    const { ended } = startProcess(['serve'], { ...env, PORT });
    afterTest.push(() => asAdmin(`drop database if exists ${later} with (force)`));
    await waitUntil(async () => (await responseStatus(`http://127.0.0.1:${PORT}/health/live`)) === 200);
    await asAdmin(`alter database ${connection.database} rename to ${later}`);
    expect(await ended).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/run: npm run migrate -- up\n$/),
    });
  });

  test('a database that is away at the start: SIGTERM ends the waiting with code 0', async () => {
    const { connection, drop } = await createDatabase('empty');
    await drop();
    const PORT = String(await freePort());
    const env = { DATABASE_URL: urlOf(connection), DATA_DIR: await newDataDirectory(), PORT };
    const { child, ended } = startProcess(['serve'], env);
    await waitUntil(async () => (await responseStatus(`http://127.0.0.1:${PORT}/health/live`)) === 200);
    child.kill('SIGTERM');
    expect(await ended).toMatchObject({ code: 0, stderr: '' });
  });

  test('a database that is away at the start: the process stays, and is ready once the database comes', async () => {
    const { connection } = await createDatabase('empty');
    const migrated = urlOf(connection);
    const env = { DATABASE_URL: `${migrated}_later`, DATA_DIR: await newDataDirectory() };
    await startProcess(['migrate', 'up'], { ...env, DATABASE_URL: migrated }).ended;
    const PORT = String(await freePort());
    const running = startProcess(['serve'], { ...env, PORT });
    afterTest.push(async () => {
      running.child.kill('SIGTERM');
      await running.ended;
      await asAdmin(`drop database if exists ${connection.database}_later with (force)`);
    });
    const url = `http://127.0.0.1:${PORT}`;
    await waitUntil(async () => (await responseStatus(`${url}/health/live`)) === 200);
    expect(await responseStatus(`${url}/health/ready`)).toBe(503);
    await asAdmin(`alter database ${connection.database} rename to ${connection.database}_later`);
    await waitUntil(async () => (await responseStatus(`${url}/health/ready`)) === 200);
    expect(running.child.exitCode).toBeNull();
  });
});
