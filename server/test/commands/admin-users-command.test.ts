import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { newPassword, password, type RegisteredAccount, registerAccount } from '../support/accounts.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { auditActionsOf } from '../support/audit.ts';
import { runConcurrently } from '../support/client.ts';
import { urlOf } from '../support/database.ts';
import { patience } from '../support/patience.ts';
import { startProcess } from '../support/process.ts';
import { newDataDirectory } from '../support/servers.ts';
import { statementsVariable } from '../support/sql/processes.ts';

let app: TestApp;
let ada: RegisteredAccount;
beforeAll(async () => {
  app = await startApp();
  ada = await registerAccount(app);
});
afterAll(() => app.close());

const settingsOf = ({ url, database }: TestApp) => ({
  DATABASE_URL: urlOf(database.connection),
  BETTER_AUTH_URL: url,
  BETTER_AUTH_SECRET: 'k2Jv9xQ4mZr8Lw1Tn6Yc3Hs7Pd5Fg0Ba',
});

/** Runs the command with the settings of the running server. */
async function admin(args: string[], more: Record<string, string> = {}) {
  const { code, stdout, stderr } = await startProcess(['admin', ...args], { ...settingsOf(app), ...more })
    .ended;
  return { code, stdout, stderr, lines: stdout.trimEnd().split('\n') };
}

const newEmail = () => `grace.${randomUUID()}@example.com`;
/** The token in the link on the last line. */
function tokenIn(lines: string[], name = 'token'): string {
  const url = new URL(lines.at(-1) ?? '');
  expect(url.origin).toBe(app.url);
  return new URLSearchParams(url.hash.slice(1)).get(name) ?? '';
}
const confirm = (token: string, word: string) =>
  app.request('POST', '/api/v1/auth/password-reset/confirm', { body: { token, new_password: word } });

test('create, list and show: an account whose password its owner sets', async () => {
  const email = newEmail();
  const made = await admin(['create', email, 'Grace', 'van \u001b[31mHopper']);
  expect([made.code, made.stderr, made.lines.length]).toEqual([0, '', 2]);
  const id = /with the id (\S+);/.exec(made.stdout)?.[1] ?? '';
  expect((await confirm(tokenIn(made.lines), newPassword)).status).toBe(200);
  const login = await app.request('POST', '/api/v1/auth/login', { body: { email, password: newPassword } });
  expect(login.body.user.id).toBe(id);

  const shown = await admin(['show', email.toUpperCase()]);
  expect((await admin(['show', id])).stdout).toBe(shown.stdout);
  const values = Object.fromEntries(shown.lines.map((line) => line.split(/ {2,}/, 2)));
  expect(values).toMatchObject({ id, email, first_name: 'Grace', tasks: '0', sessions: '1', role: 'user' });
  // Control characters in a name are escaped, so that the terminal does not interpret them.
  expect(values.last_name).toBe('"van \\u001b[31mHopper"');
  expect(shown.stdout).not.toMatch(/token|hash|secret/i);

  const listed = await admin(['list']);
  expect(listed.lines[0]).toMatch(/^id +email +role +created +banned$/);
  expect(listed.lines.find((line) => line.startsWith(id))).toMatch(
    new RegExp(`^${id} +${email} +user +20\\S+Z +-$`),
  );
  expect(listed.stdout).toContain(ada.email);
  expect((await admin(['list', 'grace.'])).stdout).not.toContain(ada.email);
  expect(await auditActionsOf(app.ctx.db, id)).toContain('admin.user.get success');
});

test('export: everything of a user to the output or to a new file, and the tasks in other formats', async () => {
  const { code, stdout, stderr } = await admin(['export', ada.email]);
  expect([code, stderr]).toEqual([0, '']);
  expect(JSON.parse(stdout)).toMatchObject({ format: 'duly-export', account: { email: ada.email } });
  const file = join(await newDataDirectory(), 'ada.csv');
  await mkdir(dirname(file), { recursive: true });
  const csv = ['export', ada.email, '--format', 'csv', '--output', file];
  expect(await admin(csv)).toMatchObject({ code: 0, stdout: '', stderr: '' });
  expect(await readFile(file, 'utf8')).toMatch(/^id,title,/);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect((await admin(csv)).stderr).toMatch(/^admin export: \S+ cannot be made \(.*EEXIST.*\)$/m);
  expect((await admin(['export', ada.email, '--format', 'xml'])).stderr.trim()).toBe(
    'admin export: got "xml", wants json, csv, ics',
  );
  expect(await auditActionsOf(app.ctx.db, ada.id)).toContain('admin.user.export success');
});

/** Their export is larger than what a pipe holds. @returns the user's id */
async function newUserOfManyTasks(): Promise<string> {
  const { id, token } = await app.newUser();
  const lines = Array.from({ length: 2_000 }, (_, index) => `${index} ${'x'.repeat(150)}`);
  await app.request('POST', `/api/v1/users/${id}/import?format=todo-txt`, {
    ...{ token, body: lines.join('\n') },
    headers: { 'content-type': 'text/plain' },
  });
  return id;
}

test('export: a file that cannot be written whole is not left behind', async () => {
  const file = join(await newDataDirectory(), 'part.csv');
  await mkdir(dirname(file), { recursive: true });
  const { child, ended } = startProcess(
    ['admin', 'export', await newUserOfManyTasks(), '--format', 'csv', '--output', file],
    { ...settingsOf(app), [statementsVariable]: '/dev/null' },
  );
  execFileSync('prlimit', ['--pid', String(child.pid), '--fsize=100000']);
  expect(await ended).toMatchObject({
    code: 1,
    stderr: 'admin export: the output cannot be written (Error: EFBIG: file too large, write)\n',
  });
  expect(existsSync(file)).toBe(false);
});

test('export: a reader that goes ends it in one line, which does not blame the database', async () => {
  const id = await newUserOfManyTasks();
  const { child, ended } = startProcess(['admin', 'export', id], settingsOf(app));
  if (child.stdout === null) throw new Error('no stdout');
  await once(child.stdout, 'data');
  child.stdout.destroy();
  const { code, stderr } = await ended;
  expect([code, stderr]).toEqual([1, 'admin export: the reader has gone\n']);
});

test('reset-password: a link that works once, and ends all sessions', async () => {
  const first = await admin(['reset-password', ada.email]);
  const second = await admin(['reset-password', ada.email]);
  expect([second.code, second.lines.length]).toEqual([0, 2]);
  expect(await ada.statusOf(ada.token)).toBe(200);
  expect((await confirm(tokenIn(first.lines), newPassword)).status).toBe(400);
  expect((await confirm(tokenIn(second.lines), newPassword)).status).toBe(200);
  expect((await confirm(tokenIn(second.lines), newPassword)).status).toBe(400);
  await vi.waitFor(async () => expect(await ada.statusOf(ada.token)).toBe(401), patience);
  const front = await admin(['reset-password', ada.email], {
    PASSWORD_RESET_URL: 'https://app.example.com/new?lang=en',
  });
  expect(front.lines.at(-1)).toMatch(/^https:\/\/app\.example\.com\/new\?lang=en&token=[\w-]{32}$/);
});

test('sessions and end-sessions', async () => {
  const user = await registerAccount(app);
  const listed = await admin(['sessions', user.email]);
  expect(listed.lines).toHaveLength(2);
  expect(listed.lines[1]).toMatch(/^\S{32} +20\S+Z +20\S+Z +127\.0\.0\.1 +\S+/);
  expect((await admin(['end-sessions', user.id])).lines).toEqual([`${user.email} has to log in again`]);
  await vi.waitFor(async () => expect(await user.statusOf(user.token)).toBe(401), patience);
  expect((await admin(['sessions', user.id])).lines).toHaveLength(1);
});

test('invite, invitations and uninvite', async () => {
  const [email, other] = [newEmail(), newEmail()];
  const closed = await startApp({ REGISTRATION: 'invite' }, app);
  try {
    const made = await admin(['invite', email], { REGISTRATION: 'invite' });
    expect([made.code, made.stderr, made.lines.length]).toEqual([0, '', 2]);
    const noted = await admin(['invite', other]);
    expect([noted.code, noted.stderr]).toEqual([
      0,
      'REGISTRATION is open: only where it is invite does an invitation count\n',
    ]);
    expect((await admin(['invitations'])).stdout).toMatch(new RegExp(`${email} +20\\S+Z +20\\S+Z\n`));
    expect((await admin(['uninvite', other])).code).toBe(0);
    const body = { email, password, first_name: 'Grace', last_name: '' };
    const register = (invitation: string, address = email) =>
      closed.request('POST', '/api/v1/auth/register', { body: { ...body, email: address, invitation } });
    expect((await register(tokenIn(noted.lines, 'invitation'), other)).status).toBe(403);
    expect((await register(tokenIn(made.lines, 'invitation'))).status).toBe(201);
    expect((await admin(['invitations'])).lines).toHaveLength(1);
  } finally {
    await closed.close();
  }
});

test('what a command cannot take is one line, and exit code 1', async () => {
  const unknown = 'nobody@example.com';
  const nowhere = { DATABASE_URL: '', DATA_DIR: await newDataDirectory() };
  const away = { DATABASE_URL: 'postgresql://duly:PASSWORD@127.0.0.1:1/duly' };
  const bad: [string[], string | RegExp, Record<string, string>?][] = [
    [['create'], 'admin create: got "", wants an email address'],
    [['create', 'ada@localhost'], 'admin create: got "ada@localhost", wants an email address'],
    [['create', ada.email], `admin create: got "${ada.email}", wants an address without an account`],
    [['create', unknown, 'x'.repeat(101)], 'admin create: got a name of 101 characters, wants at most 100'],
    [['create', unknown, 'A', 'B', 'C'], 'admin create: got "C", wants EMAIL [FIRST_NAME] [LAST_NAME]'],
    [['create', unknown, '--force'], 'admin create: got "--force", wants a name; there are no options'],
    [['list', 'a', 'b'], 'admin list: got "b", wants [PART_OF_EMAIL]'],
    [['show'], 'admin show: got "", wants the email address or the id of a user; see admin list'],
    [
      ['show', unknown],
      `admin show: got "${unknown}", wants the email address or the id of a user; see admin list`,
    ],
    [['reset-password', 'x'], 'admin reset-password: got "x", wants an email address'],
    [
      ['reset-password', unknown],
      `admin reset-password: got "${unknown}", wants the email address of an account`,
    ],
    [['reset-password', unknown, 'y'], 'admin reset-password: got "y", wants EMAIL'],
    [
      ['sessions', 'x'],
      'admin sessions: got "x", wants the email address or the id of a user; see admin list',
    ],
    [
      ['end-sessions'],
      'admin end-sessions: got "", wants the email address or the id of a user; see admin list',
    ],
    [['invite', ada.email], `admin invite: got "${ada.email}", wants an address without an account`],
    [['invite', 'x y@example.com'], 'admin invite: got "x y@example.com", wants an email address'],
    [['uninvite', unknown], `admin uninvite: got "${unknown}", wants an address that is invited`],
    [['invitations', 'x'], 'admin invitations: got "x", wants no more arguments'],
    [
      ['list'],
      /^DATA_DIR \S+ holds no database: start the service once, or set the DATA_DIR that it has$/,
      nowhere,
    ],
    [['list'], /^DATABASE_URL: the database cannot be reached \(.*ECONNREFUSED.*\)$/, away],
    [
      ['invite', unknown],
      'REGISTRATION: got "members", wants open, closed, invite',
      { REGISTRATION: 'members' },
    ],
  ];
  await runConcurrently(bad, 2, async ([args, line, env]) => {
    const { code, stdout, stderr } = await admin(args, env);
    expect([args, code, stdout]).toEqual([args, 1, '']);
    expect(stderr).toBe(`${stderr.trim()}\n`);
    if (typeof line === 'string') expect(stderr.trim()).toBe(line);
    else expect(stderr.trim()).toMatch(line);
    expect(stderr).not.toContain('PASSWORD');
  });
  expect(existsSync(nowhere.DATA_DIR)).toBe(false);
});
