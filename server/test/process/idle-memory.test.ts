import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDatabase, type TestDatabase, urlOf } from '../support/database.ts';
import { startServer } from '../support/process.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database.drop());

const packagesOf = (stderr: string) =>
  new Set(
    [...stderr.matchAll(/^file:.*\/node_modules\/((?:@[\w.-]+\/)?[\w.-]+)\/(?!package\.json)/gm)].map(
      ([, name]) => name,
    ),
  );

/** Packages of which a server that only verifies tokens and reads needs nothing. */
const packagesOfLater = [
  '@zxcvbn-ts/language-common',
  'age-encryption',
  'aws4fetch',
  'better-call',
  'ioredis',
  'luxon',
  'nodemailer',
  'pg-boss',
  'zod',
];

const logModules = `--import ${new URL('../support/log-modules.ts', import.meta.url)}`;

test('a start loads only the packages that every server needs', async () => {
  const server = await startServer({ DATABASE_URL: urlOf(database.connection), NODE_OPTIONS: logModules });
  server.child.kill('SIGTERM');
  const { stderr } = await server.ended;
  const loaded = packagesOf(stderr);
  expect(loaded).toContain('fastify');
  expect(packagesOfLater.filter((name) => loaded.has(name))).toEqual([]);
  const modules = new Set(stderr.match(/^file:.*$/gm));
  expect(modules.size).toBeLessThan(1_800);
});

test('what a log-in, a password and a job need is loaded by the first of each', async () => {
  const server = await startServer({
    DATABASE_URL: urlOf(database.connection),
    NODE_OPTIONS: logModules,
    SMTP_URL: 'smtp://127.0.0.1:9',
    MAIL_FROM: 'duly@example.com',
  });
  const response = await fetch(`${server.url}/api/v1/auth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      email: 'ada@duly.example',
      password: 'gentle otters swim',
      first_name: 'Ada',
      last_name: 'Lovelace',
    }),
  });
  expect(response.status).toBe(201);
  server.child.kill('SIGTERM');
  const { stderr } = await server.ended;
  const loaded = packagesOf(stderr);
  const ofRegistration = ['@zxcvbn-ts/language-common', 'better-auth', 'nodemailer', 'zod'];
  expect(ofRegistration.filter((name) => !loaded.has(name))).toEqual([]);
});

/** Leaves 64 MB of garbage, and prints the heap's size before and after the release. */
const program = `
import { releaseMemoryWhenIdle } from ${JSON.stringify(new URL('../../src/process/idle-memory.ts', import.meta.url).href)};
const keepAlive = setInterval(() => undefined, 1_000);
let kept = Array.from({ length: 2_000_000 }, (_, index) => ({ index }));
const before = process.memoryUsage().heapTotal;
kept = [];
releaseMemoryWhenIdle(100, () => {
  console.log(before, process.memoryUsage().heapTotal, typeof gc);
  clearInterval(keepAlive);
});`;

test('an idle process returns the memory of its start, and its own code gets no function to collect', async () => {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program]);
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  expect(await once(child, 'close')).toEqual([0, null]);
  const [before = 0, after = 0, ofCode] = output.trim().split(' ');
  expect(Number(before)).toBeGreaterThan(64 * 2 ** 20);
  expect(Number(after)).toBeLessThan(Number(before) / 4);
  expect(ofCode).toBe('undefined');
});
