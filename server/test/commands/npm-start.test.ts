import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { mintToken, secret, withoutLimits } from '../support/app.ts';
import { afterTest } from '../support/clean-up.ts';
import { freePort, responseStatus, temporaryDirectory, waitUntil } from '../support/process.ts';
import { newDataDirectory } from '../support/servers.ts';

const root = join(import.meta.dirname, '../../..');

/** Runs `npm start` on a new DATA_DIR, as an argument of the program `before`, and waits until it serves. */
async function npmStart(before: string[] = []) {
  const [DATA_DIR, port] = [await newDataDirectory(), await freePort()];
  const [program = '', ...args] = [...before, 'npm', 'start'];
  const { npm_lifecycle_event: _, npm_execpath: __, npm_config_loglevel: ___, ...env } = process.env;
  const child = spawn(program, args, {
    cwd: root,
    env: { ...env, ...withoutLimits, DATA_DIR, PORT: String(port), BETTER_AUTH_SECRET: secret },
    // A process group of its own, as from a terminal or a service manager.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  child.stdout?.setEncoding('utf8').on('data', (text) => {
    stdout += text;
  });
  const exited = once(child, 'exit');
  afterTest.push(async () => {
    if (child.exitCode === null && child.signalCode === null) process.kill(-(child.pid ?? 0), 'SIGTERM');
    await exited;
  });
  const url = `http://127.0.0.1:${port}`;
  await waitUntil(
    async () => child.exitCode !== null || (await responseStatus(`${url}/health/ready`)) === 200,
  );
  const pidFile = join(DATA_DIR, 'postgres', 'postmaster.pid');
  expect(existsSync(pidFile)).toBe(true);
  return { child, exited, url, pidFile, stdout: () => stdout };
}

/** A POST whose body is not sent yet: the server has its headers, and waits. */
async function beginCreation(url: string) {
  const body = JSON.stringify({ title: 'under way' });
  const posted = request(`${url}/api/ada/tasks`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await mintToken({ sub: 'ada' })}`,
      'content-type': 'application/json',
      'content-length': body.length,
      expect: '100-continue',
    },
  });
  const answered = once(posted, 'response');
  posted.flushHeaders();
  await once(posted, 'continue');
  return async () => {
    posted.end(body);
    const [{ statusCode }] = await answered;
    return statusCode;
  };
}

const isGone = (pidFile: string) => waitUntil(() => !existsSync(pidFile));

const childOf = ({ pid }: ChildProcess) =>
  Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim());

test('SIGTERM to npm: a request under way gets its answer, the database stops, the code is 0', async () => {
  const { child, exited, url, pidFile, stdout } = await npmStart();
  const finish = await beginCreation(url);
  child.kill('SIGTERM');
  await waitUntil(() => stdout().includes('"stopping"'));
  expect(await finish()).toBe(201);
  expect(await exited).toEqual([0, null]);
  expect(existsSync(pidFile)).toBe(false);
  for (const line of stdout().trim().split('\n')) expect(() => JSON.parse(line), line).not.toThrow();
});

test.each(['SIGHUP', 'SIGQUIT', 'SIGINT'] as const)(
  '%s to the whole group, as from a terminal, stops the database too, and answers what is under way',
  async (signal) => {
    const { child, exited, url, pidFile, stdout } = await npmStart();
    const finish = await beginCreation(url);
    process.kill(-(child.pid ?? 0), signal);
    await waitUntil(() => stdout().includes('"stopping"'));
    expect(await finish()).toBe(201);
    await exited;
    await isGone(pidFile);
  },
);

const namespaces = ['unshare', '--pid', '--fork', '--mount-proc'];
const canUnshare = spawnSync('unshare', [...namespaces.slice(1), 'true']).status === 0;
if (!canUnshare) console.warn('skipped: npm as PID 1, for want of rights for a PID namespace');

test.skipIf(!canUnshare)('as PID 1, as in a container, SIGTERM does the same', async () => {
  const { child, exited, url, pidFile, stdout } = await npmStart(namespaces);
  const finish = await beginCreation(url);
  process.kill(childOf(child), 'SIGTERM');
  await waitUntil(() => stdout().includes('"stopping"'));
  expect(await finish()).toBe(201);
  expect(await exited).toEqual([0, null]);
  expect(existsSync(pidFile)).toBe(false);
});

test('a migration that is told to stop ends the database that was started for it', async () => {
  const { PATH = '', HOME = '' } = process.env;
  const DATA_DIR = await newDataDirectory();
  const child = spawn('npm', ['run', 'migrate', '--', 'redo'], {
    cwd: root,
    env: { PATH, HOME, DATA_DIR },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  const pidFile = join(DATA_DIR, 'postgres', 'postmaster.pid');
  await waitUntil(() => existsSync(pidFile));
  child.kill('SIGTERM');
  expect((await once(child, 'close'))[0]).toBe(1);
  expect(stderr).toBe('stopped by SIGTERM\n');
  expect(existsSync(pidFile)).toBe(false);
});

test('data and settings are those of the current directory, under the names that they have always had', async () => {
  const { path: cwd, remove } = await temporaryDirectory();
  afterTest.push(remove);
  const [port, { PATH = '', HOME = '' }] = [await freePort(), process.env];
  writeFileSync(
    join(cwd, '.env'),
    `PORT=${port}\nRATE_LIMIT_AUTH=off\nBETTER_AUTH_URL=http://localhost:${port}\n`,
  );
  const url = `http://127.0.0.1:${port}`;
  async function whileServing<T>(work: () => Promise<T>): Promise<T> {
    const child = spawn(process.execPath, [join(root, 'scripts', 'run.mjs'), 'serve'], {
      cwd,
      env: { PATH, HOME },
      stdio: 'ignore',
    });
    const exited = once(child, 'exit');
    try {
      await waitUntil(
        async () => child.exitCode !== null || (await responseStatus(`${url}/health/ready`)) === 200,
      );
      return await work();
    } finally {
      child.kill('SIGTERM');
      await exited;
    }
  }
  const account = { email: 'ada@example.com', password: 'gentle-otter-42' };
  const send = async (path: string, body: object) => {
    const headers = { 'content-type': 'application/json' };
    return (await fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })).status;
  };
  const names = { first_name: 'Ada', last_name: 'Byron' };
  expect(await whileServing(() => send('/api/v1/auth/register', { ...account, ...names }))).toBe(201);
  // Every version creates these files, and an upgrade has to find them.
  expect(readdirSync(join(cwd, 'data')).toSorted()).toEqual([
    'postgres',
    'postgres-password',
    'postgres-start.log',
    'secret',
  ]);
  expect(await whileServing(() => send('/api/v1/auth/login', account))).toBe(200);
  expect(readdirSync(cwd).toSorted()).toEqual(['.env', 'data']);
});
