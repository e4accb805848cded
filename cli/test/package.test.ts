import { execFile, execFileSync } from 'node:child_process';
import { cp, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from 'vitest';
import { useApp } from '../../client/test/support/duly.ts';
import { registerAccount } from '../../server/test/support/accounts.ts';
import { afterFile, afterTest } from '../../server/test/support/clean-up.ts';
import { temporaryDirectory } from '../../server/test/support/process.ts';
import { logIn, newMachine, pathOf } from './support/duly.ts';

const run = promisify(execFile);
const app = useApp();
let directory: string;

/** Packs what `npm pack -w cli` does, and installs it with npm where nothing else is. */
beforeAll(async () => {
  const temporary = await temporaryDirectory();
  afterFile.push(temporary.remove);
  directory = temporary.path;
  const source = join(directory, 'source');
  for (const name of ['package.json', 'README.md']) await cp(pathOf(name), join(source, name));
  execFileSync(process.execPath, [pathOf('build.mjs'), join(source, 'dist')], { stdio: 'inherit' });
  const quiet = { cwd: directory, stdio: 'ignore' } as const;
  execFileSync('npm', ['pack', '--ignore-scripts', source], quiet);
  const [tarball = ''] = (await readdir(directory)).filter((name) => name.endsWith('.tgz'));
  const install = ['install', '--prefix', join(directory, 'empty'), '--offline', '--no-audit', '--no-fund'];
  execFileSync('npm', [...install, join(directory, tarball)], quiet);
});

test('the tarball has the built program and its page only, and needs no other package', async () => {
  const [tarball = ''] = (await readdir(directory)).filter((name) => name.endsWith('.tgz'));
  const { stdout } = await run('tar', ['-tzf', join(directory, tarball)]);
  const others = stdout
    .trim()
    .split('\n')
    .filter((path) => !/^package\/dist\/[\w-]+\.mjs$/.test(path));
  expect(others.sort()).toEqual(['package/README.md', 'package/package.json']);
  expect(await readdir(join(directory, 'empty/node_modules'))).toEqual([
    '.bin',
    '.package-lock.json',
    '@duly',
  ]);
});

test('from the tarball, on the Node.js of the system, a user logs in, adds, lists and watches', async () => {
  const { email, token, send } = await registerAccount(app());
  const machine = await newMachine(join(directory, 'empty/node_modules/.bin/duly'));
  expect((await logIn(machine, app().url, email)).stdout).toBe(`Logged in as ${email}\n`);
  expect(await machine.succeed('add', 'Buy milk @shop')).toMatch(/^Added 1: Buy milk\n/);
  expect(await machine.succeed('list')).toBe('1  Buy milk  @shop\n');
  const { child } = machine.start(['watch']);
  afterTest.push(() => child.kill('SIGKILL'));
  if (child.stdout === null || child.stderr === null) throw new Error('no output');
  await createInterface({ input: child.stderr })[Symbol.asyncIterator]().next();
  await send(token, 'POST', '/tasks', { title: 'from elsewhere' });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  expect((await lines.next()).value).toMatch(/added {5}2 {2}from elsewhere$/);
});
