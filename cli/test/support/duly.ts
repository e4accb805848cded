import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { password, registerAccount } from '../../../server/test/support/accounts.ts';
import type { TestApp } from '../../../server/test/support/app.ts';
import { afterTest } from '../../../server/test/support/clean-up.ts';
import { temporaryDirectory } from '../../../server/test/support/process.ts';

export { password };
export const pathOf = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));

/** The command line has to run on an older Node.js than the service. */
export const systemNode =
  ['/usr/bin/node', '/usr/local/bin/node'].find((path) => existsSync(path)) ?? process.execPath;

let built: string | undefined;

/** The built binary; built once for the files of a worker. */
export async function buildBinary(): Promise<string> {
  if (built === undefined) {
    const directory = await mkdtemp(join(tmpdir(), 'duly-cli-'));
    execFileSync(process.execPath, [pathOf('build.mjs'), directory], { stdio: 'inherit' });
    built = join(directory, 'duly.mjs');
    process.on('exit', () => execFileSync('rm', ['-rf', directory]));
  }
  return built;
}

export interface Result {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  /** Standard input; without it there is none. */
  input?: string;
  env?: Record<string, string>;
}

/** A machine with a home of its own, on which somebody types `duly`. */
export async function newMachine(binary: string) {
  const home = await temporaryDirectory();
  afterTest.push(home.remove);
  const bin = join(home.path, 'bin');
  const base = {
    ...{ HOME: home.path, PATH: `${bin}:/usr/bin:/bin`, TZ: 'UTC', LANG: 'C.UTF-8' },
    // The coverage is that of the server's sources, and Node.js would pass the variable on.
    NODE_V8_COVERAGE: '',
  };

  function start(
    args: string[],
    { env = {}, input }: RunOptions = {},
  ): { child: ChildProcess; ended: Promise<Result> } {
    const child = spawn(systemNode, [binary, ...args], {
      env: { ...base, ...env },
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
    child.stdin?.end(input);
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const)
      child[name]?.setEncoding('utf8').on('data', (text: string) => {
        output[name] += text;
      });
    return { child, ended: once(child, 'close').then(([code]) => ({ code, ...output })) };
  }

  return {
    home: home.path,
    bin,
    env: base,
    start,
    run: (args: string[], options: RunOptions = {}): Promise<Result> => start(args, options).ended,
    /** The standard output of a command that succeeds and has nothing to say besides. */
    async succeed(...args: string[]): Promise<string> {
      const result = await start(args).ended;
      if (result.code !== 0 || result.stderr !== '')
        throw new Error(`duly ${args.join(' ')}: ${JSON.stringify(result)}`);
      return result.stdout;
    },
    /** A program on the path of this machine. */
    async addProgram(name: string, script: string): Promise<string> {
      execFileSync('mkdir', ['-p', bin]);
      const path = join(bin, name);
      await writeFile(path, script);
      await chmod(path, 0o755);
      return path;
    },
  };
}

export type Machine = Awaited<ReturnType<typeof newMachine>>;

/** Where the machine with this home keeps what is stored of its only user. */
export async function dataDirectoryOf(home: string): Promise<string> {
  const directory = join(home, '.local/share/duly');
  const [name = ''] = await readdir(directory);
  return join(directory, name);
}

/** A process that has the lock of a directory, and keeps it. */
export async function holdLock(directory: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [pathOf('test/fixtures/hold-lock.ts'), directory, 'hold'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  afterTest.push(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return child;
}

/** Logs in with email address and password on standard input. */
export const logIn = (machine: Machine, url: string, email: string): Promise<Result> =>
  machine.run(['login', url], { input: `${email}\n${password}\n` });

/** A machine on which a new account is logged in; at `url`, if it is not the server's. */
export async function newUser(app: TestApp, binary: string, url = app.url) {
  const account = await registerAccount(app);
  const machine = await newMachine(binary);
  const { code, stderr } = await logIn(machine, url, account.email);
  if (code !== 0) throw new Error(`not logged in: ${stderr}`);
  return { account, ...machine, machine };
}

/** Tasks of the JSON that a command printed. */
export const parseTasks = (
  stdout: string,
): { number: number; id: string; title: string; [name: string]: unknown }[] => JSON.parse(stdout);
