import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { commandNames as clientCommands } from '../../../cli/src/usage.ts';
import { commands } from '../../src/commands/table.ts';
import { secret } from '../support/app.ts';
import { afterFile, afterTest } from '../support/clean-up.ts';
import { freePort, responseStatus, temporaryDirectory, waitUntil } from '../support/process.ts';
import { root } from '../support/sources.ts';

/** The binary has to run on an older Node.js than the service. */
const systemNode =
  ['/usr/bin/node', '/usr/local/bin/node'].find((path) => existsSync(path)) ?? process.execPath;
let directory: string;
let files: string[];
let binary: string;

/** Unpacks the tarball as npm does, beside the packages of this repository. */
beforeAll(async () => {
  const temporary = await temporaryDirectory();
  afterFile.push(temporary.remove);
  directory = temporary.path;
  const target = join(directory, 'package');
  execFileSync(process.execPath, [join(root, 'deploy/npm/build.mjs'), target], { stdio: 'inherit' });
  execFileSync('npm', ['pack', '--silent', target], { cwd: directory, stdio: 'ignore' });
  const [tarball = ''] = (await readdir(directory)).filter((name) => name.endsWith('.tgz'));
  const packages = join(directory, 'node_modules');
  await mkdir(join(packages, 'duly'), { recursive: true });
  const unpack = ['-xzf', join(directory, tarball), '-C', join(packages, 'duly'), '--strip-components=1'];
  execFileSync('tar', unpack);
  for (const name of await readdir(join(root, 'node_modules')))
    if (name !== '@duly' && !name.startsWith('.'))
      await symlink(join(root, 'node_modules', name), join(packages, name));
  files = execFileSync('tar', ['-tzf', join(directory, tarball)], { encoding: 'utf8' })
    .trim()
    .split('\n');
  binary = join(packages, 'duly/scripts/duly.mjs');
});

const run = (...args: string[]) =>
  execFileSync(systemNode, [binary, ...args], { cwd: directory, encoding: 'utf8' });

test('the tarball has the service built, and no test, secret, data or source with types', () => {
  const unwanted = /\.env|\.test\.|(^|\/)(test|bench|coverage|data)\/|\.(ts|key|pem|log|tgz)$|openapi\.json/;
  expect(files.filter((path) => unwanted.test(path))).toEqual([]);
  const tops = new Set(files.map((path) => path.split('/').slice(0, 2).join('/')));
  expect([...tops].sort()).toEqual(
    ['LICENSE', 'README.md', 'cli', 'package.json', 'scripts', 'server', 'web'].map(
      (name) => `package/${name}`,
    ),
  );
});

test('the tarball has the bundle of the service, the files it reads, and nothing else of it', async () => {
  const read = (await readdir(join(root, 'server/src'), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name).slice(join(root, 'server/').length));
  const ofServer = files.flatMap((path) => /^package\/server\/((?:src|dist)\/.*)$/.exec(path)?.[1] ?? []);
  expect(ofServer.filter((path) => path.startsWith('src/')).sort()).toEqual(read.sort());
  const bundle = ofServer.filter((path) => path.startsWith('dist/'));
  expect(bundle).toEqual(expect.arrayContaining(['dist/main.js', 'dist/reader-thread.js']));
  expect(bundle.filter((path) => !/^dist\/[\w-]+\.js$/.test(path))).toEqual([]);
});

test('duly --help lists every command as duly calls it, and --version is that of the service', async () => {
  const help = run('--help');
  for (const name of Object.keys(commands)) expect(help).toContain(`duly ${name}: `);
  expect(help).not.toContain('npm run');
  expect(run('migrate', '--help')).toContain('duly migrate: ');
  const { version } = JSON.parse(await readFile(join(root, 'server/package.json'), 'utf8'));
  expect(run('--version')).toBe(`${version}\n`);
});

test('no name is a command of the service and of the client', () => {
  expect(clientCommands.length).toBeGreaterThan(10);
  expect(clientCommands.filter((name) => Object.hasOwn(commands, name))).toEqual([]);
});

test('commands of the client run in the process of the binary, without the runtime of the service', async () => {
  expect(run('help')).toContain('duly: tasks on a terminal');
  for (const name of clientCommands) expect(run(name, '--help')).toMatch(new RegExp(`^duly ${name}\\b`));
  const home = await temporaryDirectory();
  afterTest.push(home.remove);
  const env = { HOME: home.path, PATH: '/usr/bin:/bin' };
  const options = { env, encoding: 'utf8' } as const;
  const { status, stderr } = spawnSync(systemNode, [binary, 'list'], options);
  expect([status, stderr]).toEqual([3, 'You are not logged in: duly login\n']);
});

test.each([
  ['an older Node.js', systemNode],
  ['a Node.js that can become the runtime', process.execPath],
])(
  'duly serves from an empty directory by %s, says where its data is, and stops with code 0',
  async (_, node) => {
    const empty = await temporaryDirectory();
    afterTest.push(empty.remove);
    const port = await freePort();
    const env = { PATH: '/usr/bin:/bin', HOME: empty.path, PORT: String(port), BETTER_AUTH_SECRET: secret };
    const child = spawn(node, [binary], { cwd: empty.path, env, stdio: ['ignore', 'ignore', 'pipe'] });
    const exited = once(child, 'exit');
    afterTest.push(() => child.kill('SIGKILL'));
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    const url = `http://127.0.0.1:${port}`;
    await waitUntil(
      async () => child.exitCode !== null || (await responseStatus(`${url}/health/ready`)) === 200,
    );
    expect(said).toContain(`data       ${join(empty.path, 'data', 'postgres')}`);
    expect((await fetch(`${url}/docs`)).status).toBe(200);
    // The web app, with what it loads.
    expect(said).toContain('web app');
    const page = await (await fetch(`${url}/today`)).text();
    const scripts = [...page.matchAll(/<script src="([^"]+)"/g)].map(([, path]) => url + path);
    expect(scripts.length).toBeGreaterThan(3);
    const replies = await Promise.all([...scripts, `${url}/sw.js`].map((path) => fetch(path)));
    expect(replies.filter(({ status }) => status !== 200)).toEqual([]);
    expect(said).not.toContain('Warning');
    if (node === process.execPath && existsSync('/proc/self/cmdline'))
      expect(await readFile(`/proc/${child.pid}/cmdline`, 'utf8')).toContain('server/dist/main.js');
    child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
  },
);

test.each([
  ['the environment', { WEB_DIRECTORY: 'nowhere' }, ''],
  ['.env', {}, 'WEB_DIRECTORY=nowhere\n'],
])('WEB_DIRECTORY of %s comes before the web app of the package', async (_, settings, dotEnv) => {
  const empty = await temporaryDirectory();
  afterTest.push(empty.remove);
  await writeFile(join(empty.path, '.env'), dotEnv);
  const env = { PATH: '/usr/bin:/bin', HOME: empty.path, BETTER_AUTH_SECRET: secret, ...settings };
  const { status, stderr } = spawnSync(systemNode, [binary], { cwd: empty.path, env, encoding: 'utf8' });
  expect([status, stderr]).toEqual([1, expect.stringContaining('WEB_DIRECTORY: got "nowhere"')]);
});
