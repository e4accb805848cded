import { execFile } from 'node:child_process';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from 'vitest';
import { useApp } from '../../client/test/support/duly.ts';
import { createBrowser, registerAccount } from '../../server/test/support/accounts.ts';
import { codeOf, secretOf } from '../../server/test/support/totp.ts';
import { buildBinary, logIn, newMachine, newUser, password, systemNode } from './support/duly.ts';

const app = useApp();
let binary: string;
beforeAll(async () => {
  binary = await buildBinary();
});
const run = promisify(execFile);

const accountOf = async (home: string) =>
  JSON.parse(await readFile(join(home, '.config/duly/account.json'), 'utf8'));

async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries.map((entry) => join(entry.parentPath, entry.name));
}

test('without a keyring, the session is in a file that only its user can read', async () => {
  const { home, succeed } = await newUser(app(), binary);
  await succeed('add', 'x');
  expect((await accountOf(home)).session).toMatch(/.{20}/);
  for (const path of [
    ...(await filesBelow(join(home, '.config'))),
    ...(await filesBelow(join(home, '.local/share/duly'))),
  ])
    expect([path, (await stat(path)).mode & 0o077]).toEqual([path, 0]);
});

test('XDG_CONFIG_HOME and XDG_DATA_HOME say where the files are', async () => {
  const { email } = await registerAccount(app());
  const machine = await newMachine(binary);
  const env = { XDG_CONFIG_HOME: join(machine.home, 'c'), XDG_DATA_HOME: join(machine.home, 'd') };
  await machine.run(['login', app().url], { env, input: `${email}\n${password}\n` });
  expect(await readdir(machine.home)).toEqual(['c', 'd']);
});

/** Keeps secrets in a file as `secret-tool` does in a keyring, and every list of arguments in another one. */
const fakeKeyring = (file: string) => `#!/bin/sh
echo "$@" >> "${file}.arguments"
case $1 in
  store) cat > "${file}" ;;
  lookup) cat "${file}" ;;
  clear) rm "${file}" ;;
esac
`;

test('the keyring of the system has the session, and its program gets it in no argument', async () => {
  const { email } = await registerAccount(app());
  const machine = await newMachine(binary);
  const file = join(machine.home, 'keyring');
  await machine.addProgram('secret-tool', fakeKeyring(file));
  expect(await logIn(machine, app().url, email)).toMatchObject({ code: 0, stderr: '' });
  const session = await readFile(file, 'utf8');
  expect(await accountOf(machine.home)).toEqual({ url: app().url, email, userId: expect.any(String) });
  await machine.succeed('add', 'x');
  expect(await machine.succeed('list')).toBe('1  x\n');
  expect(await readFile(`${file}.arguments`, 'utf8')).not.toContain(session);
  await machine.succeed('logout');
  expect(await readdir(machine.home)).not.toContain('keyring');
});

test('a keyring that refuses leaves the session to the file', async () => {
  const { email } = await registerAccount(app());
  const machine = await newMachine(binary);
  await machine.addProgram('secret-tool', '#!/bin/sh\nexit 1\n');
  expect((await logIn(machine, app().url, email)).stderr).toContain('no keyring');
  expect((await accountOf(machine.home)).session).toMatch(/.{20}/);
});

test('neither password, session nor token is in an argument, in the environment or in what is printed', async () => {
  const { home, run: duly, start, succeed } = await newUser(app(), binary);
  const { session } = await accountOf(home);
  const watching = start(['watch']);
  const { stdout } = await run('ps', ['-eo', 'args', 'e']);
  expect(stdout).toContain('watch');
  const token = (await succeed('token')).trim();
  const outputs = [await duly(['add', 'x']), await duly(['list', '--json']), await duly(['edit', '99'])];
  const said = stdout + JSON.stringify(outputs);
  for (const secret of [password, session, token]) expect(said).not.toContain(secret);
  watching.child.kill('SIGTERM');
  await watching.ended;
});

test('on a terminal the password is asked for, and not echoed', async () => {
  const { email } = await registerAccount(app());
  const machine = await newMachine(binary);
  const command = `${systemNode} ${binary} login ${app().url} --email ${email}`;
  // `script` gives the program a terminal. The password is typed once it is asked for.
  const typed = `(while ! grep -q Password "${machine.home}/log" 2>/dev/null; do sleep 0.05; done; echo ${password})`;
  const { stdout } = await run('bash', ['-c', `${typed} | script -qefc "${command}" ${machine.home}/log`], {
    env: machine.env,
  });
  expect(stdout).toContain('Password: ');
  expect(stdout).toContain(`Logged in as ${email}`);
  // What `script` passes on before the program reads is echoed by no terminal here.
  expect(stdout.split('Password: ')[1]).not.toContain(password);
});

test('an account with a second factor is asked for the code', async () => {
  const account = await registerAccount(app());
  const browser = createBrowser(app());
  await browser.send('POST', '/sign-in/email', { email: account.email, password });
  const { body } = await browser.send('POST', '/two-factor/enable', { password });
  const secret = secretOf(body.totpURI);
  await browser.send('POST', '/two-factor/verify-totp', { code: codeOf(secret) });
  const machine = await newMachine(binary);
  const attempt = (code: string) =>
    machine.run(['login', app().url], { input: `${account.email}\n${password}\n${code}\n` });
  expect(await attempt('12345')).toMatchObject({ code: 1, stderr: expect.stringContaining('Wrong code') });
  expect(await attempt(codeOf(secret, 1))).toMatchObject({ code: 0 });
  expect(await machine.succeed('add', 'x')).toContain('Added 1: x');
});

test('token prints an access token of the session', async () => {
  const { account, succeed } = await newUser(app(), binary);
  const token = (await succeed('token')).trim();
  expect(await account.statusOf(token)).toBe(200);
});

test('a wrong password, and a server that is not there, are told by exit codes', async () => {
  const { email } = await registerAccount(app());
  const machine = await newMachine(binary);
  const wrong = await machine.run(['login', app().url], { input: `${email}\nwrong-otter-42\n` });
  expect(wrong).toEqual({ code: 1, stdout: '', stderr: 'Wrong email or password\n' });
  const away = await machine.run(['login', 'http://127.0.0.1:1'], { input: `${email}\n${password}\n` });
  expect(away).toEqual({ code: 6, stdout: '', stderr: 'http://127.0.0.1:1 cannot be reached\n' });
  expect((await machine.run(['login', app().url], { input: '' })).code).toBe(1);
  expect(await machine.run(['list'])).toMatchObject({
    code: 3,
    stderr: 'You are not logged in: duly login\n',
  });
});

test('a password is not sent to another machine without encryption', async () => {
  const machine = await newMachine(binary);
  const { code, stderr } = await machine.run(['login', 'http://duly.test'], { input: 'a@example.com\nx\n' });
  expect([code, stderr]).toEqual([2, expect.stringContaining('use https, or --insecure')]);
});

test('logout ends the session and deletes what is stored, but not what is not sent', async () => {
  const { account, home, machine, run: duly, succeed } = await newUser(app(), binary);
  const token = (await succeed('token')).trim();
  const other = await duly(['login', 'https://duly.example.com'], {
    input: `${account.email}\n${password}\n`,
  });
  expect(other).toMatchObject({ code: 1, stderr: expect.stringContaining('duly logout first') });
  await duly(['add', 'x', '--offline']);
  // It sends first what waits.
  expect(await succeed('logout')).toBe(`Logged out of ${app().url}\n`);
  expect((await account.send(account.token, 'GET', '/tasks')).body.data).toMatchObject([{ title: 'x' }]);
  expect(await account.statusOf(token)).toBe(401);
  expect(await filesBelow(join(home, '.local/share/duly'))).toEqual([]);
  expect(await filesBelow(join(home, '.config/duly'))).toEqual([]);
  expect((await duly(['list'])).code).toBe(3);
  expect((await logIn(machine, app().url, account.email)).code).toBe(0);
});

test('a session that has ended keeps what is not sent, until the user logs in again', async () => {
  const { account, machine, run: duly, succeed } = await newUser(app(), binary);
  await account.send(account.token, 'DELETE', '/sessions');
  const refused = await duly(['add', 'x']);
  expect(refused).toMatchObject({ code: 3, stdout: 'Added 1: x\n' });
  expect(refused.stderr).toContain('1 change is not sent yet');
  expect(refused.stderr).toContain('The session has ended, and nothing is lost: duly login');
  expect((await duly(['logout'])).code).toBe(1);
  expect((await logIn(machine, app().url, account.email)).code).toBe(0);
  expect(await succeed('list')).toBe('1  x\n');
  expect((await account.send(account.token, 'GET', '/tasks')).body.data).toMatchObject([{ title: 'x' }]);
});
