import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Finding } from '../../src/doctor/finding.ts';
import { secret } from '../support/app.ts';
import { newBackupSettings } from '../support/backups.ts';
import { selfSigned } from '../support/certificate.ts';
import { afterTest } from '../support/clean-up.ts';
import { createDatabase, urlOf } from '../support/database.ts';
import { startMailServer } from '../support/mail.ts';
import { freePort, startProcess, temporaryDirectory } from '../support/process.ts';
import { createMigratedDatabase } from '../support/servers.ts';

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
beforeAll(async () => {
  directory = await temporaryDirectory();
});
afterAll(() => directory.remove());

async function runDoctor(env: Record<string, string>, ...args: string[]) {
  const settings = { DATA_DIR: join(directory.path, 'data'), BETTER_AUTH_SECRET: secret };
  return startProcess(['doctor', ...args], { ...settings, ...env }).ended;
}

/** Each check with its verdict, its message and what to do. */
async function findingsOf(env: Record<string, string>) {
  const { code, stdout, stderr } = await runDoctor(env, '--json');
  expect(stderr).toBe('');
  const findings: Finding[] = JSON.parse(stdout);
  return { code, of: (check: string) => findings.find((finding) => finding.check === check) };
}

test('a healthy service gets a line for each check, and exit code 0', async () => {
  const { code, stdout, stderr } = await runDoctor({ DATABASE_URL: await createMigratedDatabase() });
  expect([code, stderr]).toEqual([0, '']);
  const lines = stdout.trimEnd().split('\n');
  expect(lines.map((line) => /^(ok|warning) +([a-z ]+): \S/.exec(line)?.[2])).toEqual([
    ...['settings', 'database', 'migrations', 'clock', 'disk', 'mail', 'proxies', 'backups', 'certificates'],
  ]);
  expect(lines[1]).toMatch(/^ok {7}database: PostgreSQL 18\S*, which needs no extension, answers in \d+ ms$/);
  expect(lines[2]).toBe('ok       migrations: all are applied');
  expect(lines[3]).toBe('ok       clock: as that of the database');
});

test('a database that is away is a problem, and what needs it is said not to be checked', async () => {
  const url = `postgresql://duly:duly@127.0.0.1:${await freePort()}/duly`;
  const { code, of } = await findingsOf({ DATABASE_URL: url });
  expect(code).toBe(1);
  expect(of('database')).toMatchObject({
    verdict: 'problem',
    message: expect.stringMatching(/^DATABASE_URL cannot be used \(.*ECONNREFUSED/),
  });
  for (const check of ['migrations', 'clock']) expect(of(check)?.verdict).toBe('warning');
  expect(JSON.stringify(of('database'))).not.toContain('duly:duly');
});

test('a database without the migrations is a problem, with the command that applies them', async () => {
  const database = await createDatabase('empty');
  afterTest.push(() => database.drop());
  const { code, of } = await findingsOf({ DATABASE_URL: urlOf(database.connection) });
  expect([code, of('database')?.verdict]).toEqual([1, 'ok']);
  expect(of('migrations')).toMatchObject({
    verdict: 'problem',
    message: expect.stringMatching(/the schema is at version 0, this Duly wants \d+/),
    remedy: 'run: npm run migrate -- up',
  });
});

test('a missing embedded database is a problem', async () => {
  const { code, of } = await findingsOf({});
  expect([code, of('database')?.message]).toEqual([1, expect.stringContaining('holds no database')]);
});

test('an expired certificate is a problem, and one for another host is warned of', async () => {
  const url = await createMigratedDatabase();
  const write = (name: string, { cert, key }: { cert: string; key: string }) => {
    const [TLS_CERT, TLS_KEY] = [`${name}.crt`, `${name}.key`].map((file) => join(directory.path, file));
    writeFileSync(TLS_CERT ?? '', cert);
    writeFileSync(TLS_KEY ?? '', key);
    return { TLS_CERT: TLS_CERT ?? '', TLS_KEY: TLS_KEY ?? '' };
  };
  const expired = await findingsOf({ DATABASE_URL: url, ...write('old', selfSigned('localhost', -1)) });
  expect(expired.code).toBe(1);
  expect(expired.of('certificates')).toMatchObject({
    verdict: 'problem',
    message: expect.stringMatching(/old\.crt\) expired on 20/),
  });
  const other = await findingsOf({
    ...{ DATABASE_URL: url, NODE_ENV: 'production', BETTER_AUTH_URL: 'https://duly.test' },
    BETTER_AUTH_SECRET: 'kZ8vQ1mW5xR7tY2uB4nC6pL9sD3fG0hJ',
    ...write('other', selfSigned('localhost', 90)),
  });
  expect([other.code, other.of('certificates')?.verdict]).toEqual([0, 'warning']);
  expect(other.of('certificates')?.message).toContain('is not for duly.test');
});

test('a mail server is greeted, and one that is away is a problem', async () => {
  const DATABASE_URL = await createMigratedDatabase();
  const server = await startMailServer();
  const up = await findingsOf({ DATABASE_URL, ...server.settings });
  expect([up.code, up.of('mail')?.verdict, server.received]).toEqual([0, 'ok', []]);
  await server.close();
  const down = await findingsOf({ DATABASE_URL, ...server.settings });
  expect([down.code, down.of('mail')?.verdict]).toEqual([1, 'problem']);
});

test('warns of a proxy that is not trusted, and of trusted addresses that anybody may have', async () => {
  const env = {
    DATABASE_URL: await createMigratedDatabase(),
    BETTER_AUTH_URL: 'https://duly.test',
  };
  const none = await findingsOf(env);
  expect([none.of('settings')?.remedy, none.of('proxies')?.verdict]).toEqual([
    'set NODE_ENV=production',
    'warning',
  ]);
  const broad = await findingsOf({ ...env, TRUSTED_PROXIES: '10.0.0.1, 128.0.0.0/1' });
  expect(broad.of('proxies')?.message).toContain('TRUSTED_PROXIES has 128.0.0.0/1');
  const right = await findingsOf({ ...env, TRUSTED_PROXIES: '10.0.0.1' });
  expect(right.of('proxies')?.verdict).toBe('ok');
});

test('a backup directory without backups is a problem', async () => {
  const { DATA_DIR, BACKUP_DIRECTORY } = await newBackupSettings();
  mkdirSync(DATA_DIR);
  chmodSync(DATA_DIR, 0o755);
  const { code, of } = await findingsOf({ DATA_DIR, BACKUP_DIRECTORY });
  expect([code, of('backups')?.verdict]).toEqual([1, 'problem']);
  expect(of('backups')?.message).toBe(`${BACKUP_DIRECTORY} holds no backups of Duly`);
  expect(of('disk of backups')).toBeDefined();
});

test('refused settings are listed, with exit code 2', async () => {
  const { code, stdout, stderr } = await runDoctor({ PORT: 'many', WORKER: 'outside' });
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(/^PORT: got "many", wants .*\nWORKER: got "outside", wants inside or off\n$/);
});
