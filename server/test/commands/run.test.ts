import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import {
  createProject,
  databasePackage,
  installFakeNpm,
  installingMessage,
  type Project,
  packageLock,
  runLauncher,
  startLauncher,
} from '../support/launcher.ts';
import { patience } from '../support/patience.ts';

describe('with everything installed', () => {
  it('builds the server, and hands the command to it in the pinned runtime', async () => {
    const of = createProject();
    const { code, stdout, stderr } = await runLauncher(of, ['migrate', '--to', '3']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toEqual([join(of.root, 'server/dist/main.js'), 'migrate', '--to', '3']);
  });

  it('builds the server again when a source was changed, added or removed, and only then', async () => {
    const of = createProject();
    const built = join(of.root, 'server/dist/main.js');
    const buildsFor = async (change: () => void) => {
      change();
      writeFileSync(built, '');
      await runLauncher(of, ['exit', '7']);
      return readFileSync(built, 'utf8') !== '';
    };
    await runLauncher(of, ['exit', '7']);
    expect(await buildsFor(() => undefined)).toBe(false);
    const path = 'server/src/tasks/one.ts';
    expect(await buildsFor(() => of.write(path, ''))).toBe(true);
    expect(await buildsFor(() => of.write(path, 'export {};'))).toBe(true);
    expect(await buildsFor(() => of.remove(path))).toBe(true);
    const installed = 'node_modules/.package-lock.json';
    const reinstall = () => of.write(installed, readFileSync(join(of.root, installed), 'utf8'));
    expect(await buildsFor(reinstall)).toBe(true);
    expect(await buildsFor(() => undefined)).toBe(false);
  });

  it('builds the server and starts nothing with the command build', async () => {
    const of = createProject();
    expect(await runLauncher(of, ['build'])).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(readFileSync(join(of.root, 'server/dist/main.js'), 'utf8')).toContain('process.argv');
  });

  it('runs the sources where the server cannot be built, and says so', async () => {
    const of = createProject();
    of.write('server/dist', 'a file');
    const { code, stdout, stderr } = await runLauncher(of, ['migrate']);
    expect([code, JSON.parse(stdout)[0]]).toEqual([0, join(of.root, 'server/src/main.ts')]);
    expect(stderr).toMatch(/^The server could not be built: EEXIST.*\n$/);
  });

  it('runs the tests in server, wherever it is called from, and takes their names from the root', async () => {
    const of = createProject();
    const { stdout } = await runLauncher(of, ['test', 'server/one.test.ts']);
    expect(JSON.parse(stdout)).toEqual([
      join(of.root, 'server'),
      join(of.root, 'node_modules/vitest/vitest.mjs'),
      'run',
      'one.test.ts',
    ]);
  });

  it('holds the coverage of the whole suite against its limits, and not that of a part', async () => {
    const of = createProject();
    expect((await runLauncher(of, ['test', '-u'])).stdout).toContain('["c8","report"]');
    expect((await runLauncher(of, ['test', '-u', 'one.test.ts'])).stdout).not.toContain('c8');
  });

  it('ends with the exit code of the program, or 128 and the number of its signal', async () => {
    const of = createProject();
    expect((await runLauncher(of, ['exit', '7'])).code).toBe(7);
    expect((await runLauncher(of, ['die', 'SIGKILL'])).code).toBe(137);
  });

  it.each(['SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGINT'] as const)('passes %s on', async (signal) => {
    const of = createProject();
    const child = startLauncher(of, ['serve']);
    await vi.waitUntil(() => of.readEvents().includes('up'), patience);
    child.kill(signal);
    expect(await once(child, 'exit')).toEqual([5, null]);
    expect(of.readEvents()).toContain(signal);
  });

  it('does not double a Ctrl-C, which a terminal sends to the program too', async () => {
    const of = createProject();
    // `script` runs it on its own terminal. With `noflsh` a Ctrl-C does not discard the key that follows it.
    const line = `stty noflsh; exec "${process.execPath}" "${join(of.root, 'scripts/run.mjs')}" patient`;
    const terminal = spawn('script', ['-qec', line, '/dev/null'], { cwd: of.root });
    await vi.waitUntil(() => of.readEvents().includes('up'), patience);
    terminal.stdin.write('\x03');
    await vi.waitUntil(() => of.readEvents().includes('SIGINT'), patience);
    terminal.stdin.write('\x1c');
    await vi.waitUntil(() => of.readEvents().includes('SIGQUIT'), patience);
    expect(of.readEvents().filter((what) => what === 'SIGINT')).toHaveLength(1);
  });

  it('lets the program notice that the launcher was killed', async () => {
    const of = createProject();
    const child = startLauncher(of, ['serve']);
    await vi.waitUntil(() => of.readEvents().includes('up'), patience);
    child.kill('SIGKILL');
    await vi.waitUntil(() => of.readEvents().includes('disconnect'), patience);
  });

  it("ends the program when npm's shell is gone", async () => {
    const of = createProject();
    const line = `"${process.execPath}" scripts/run.mjs serve; true`;
    const shell = spawn('/bin/sh', ['-c', line], {
      cwd: of.root,
      env: { ...process.env, npm_lifecycle_event: 'start' },
    });
    await vi.waitUntil(() => of.readEvents().includes('up'), patience);
    shell.kill('SIGKILL');
    await vi.waitUntil(() => of.readEvents().includes('SIGTERM'), patience);
  });

  it.each([
    ['serve', '--help', /^npm start: .*npm run migrate .*npm run admin .*npm run audit /s],
    ['migrate', '--help', /^npm run migrate --: .*\n {2}up /s],
    ['admin', '-h', /^npm run admin --: .*\n {2}grant EMAIL /s],
    ['serve', '--version', /^0\.1\.0\n$/],
  ])('%s %s prints and ends, with nothing installed', async (command, flag, text) => {
    const of = createProject();
    of.remove('node_modules');
    cpSync('src/commands/usage.json', join(of.root, 'server/src/commands/usage.json'));
    of.write('server/package.json', { version: '0.1.0' });
    const { code, stdout, stderr } = await runLauncher(of, [command, flag]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(text);
  });

  it('refuses a Node that is too old, and a runtime that does not run', async () => {
    const of = createProject();
    of.write(
      'old.cjs',
      "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.19.1' } });",
    );
    expect(
      await runLauncher(of, ['serve'], { NODE_OPTIONS: `--require ${join(of.root, 'old.cjs')}` }),
    ).toEqual({
      code: 1,
      stdout: '',
      stderr: 'Duly needs Node.js 20 or newer to start, and this is 18.19.1\n',
    });
    of.remove('node_modules/node/bin/node');
    of.write('node_modules/node/bin/node', '');
    const { code, stderr } = await runLauncher(of, ['serve']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^The runtime .*EACCES\n$/);
  });
});

describe('installs', () => {
  const heal =
    "fs.rmSync('node_modules', { recursive: true, force: true }); fs.cpSync('whole', 'node_modules', { recursive: true, verbatimSymlinks: true });";

  /** Damages a project, for npm to repair. */
  function damaged(damage: (of: Project) => void) {
    const of = createProject();
    cpSync(join(of.root, 'node_modules'), join(of.root, 'whole'), {
      recursive: true,
      verbatimSymlinks: true,
    });
    damage(of);
    return { of, npm: { npm_execpath: installFakeNpm(of, heal) } };
  }

  it.each<[string, (of: Project) => void]>([
    ['when nothing is there', (of) => of.remove('node_modules')],
    ['when an installation was cut short', (of) => of.remove('node_modules/.package-lock.json')],
    [
      'what another version of the project wants',
      (of) =>
        of.write('node_modules/.package-lock.json', {
          packages: { ...packageLock, 'node_modules/plain': { version: '0.9.0' } },
        }),
    ],
    ['when a workspace is not linked yet', (of) => of.remove('node_modules/@duly')],
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
    const { code, stdout, stderr } = await runLauncher(of, ['migrate'], npm);
    expect({ code, stderr }).toEqual({ code: 0, stderr: installingMessage });
    expect(JSON.parse(stdout)).toContain('migrate');
    expect(readFileSync(join(of.root, 'npm-called'), 'utf8')).toMatch(/^install --no-save /);
  });

  it('development packages for the tests only', async () => {
    const { 'node_modules/vitest': _, ...withoutDev } = packageLock;
    const { of, npm } = damaged((broken) =>
      broken.write('node_modules/.package-lock.json', { packages: withoutDev }),
    );
    const called = () => readFileSync(join(of.root, 'npm-called'), 'utf8');
    of.remove('node_modules/vitest');
    expect((await runLauncher(of, ['migrate'], npm)).stderr).toBe('');
    of.remove('node_modules/node/bin');
    expect((await runLauncher(of, ['migrate'], npm)).stderr).toBe(installingMessage);
    expect(called()).toContain('--omit=dev');
    of.write('node_modules/.package-lock.json', { packages: withoutDev });
    expect((await runLauncher(of, ['test'], npm)).stderr).toBe(installingMessage);
    expect(called()).toContain('--include=dev');
    // The development packages stay when a later start installs something.
    of.remove('node_modules/node/bin');
    expect((await runLauncher(of, ['migrate'], npm)).stderr).toBe(installingMessage);
    expect(called()).toContain('--include=dev');
  });

  it('no embedded database when another one is set', async () => {
    const { of, npm } = damaged((broken) => broken.remove(databasePackage));
    const elsewhere = { ...npm, DATABASE_URL: 'postgres://localhost/duly' };
    expect((await runLauncher(of, ['migrate'], elsewhere)).stderr).toBe('');
    expect((await runLauncher(of, ['migrate'], npm)).stderr).toBe(installingMessage);
  });

  it('or says in one line why not', async () => {
    const { of } = damaged((broken) => broken.remove('node_modules'));
    const outcome = async (body: string) => {
      const { code, stdout, stderr } = await runLauncher(of, ['serve'], {
        npm_execpath: installFakeNpm(of, body),
      });
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      return stderr.replace(installingMessage, '');
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
