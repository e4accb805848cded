// Behind `npm start`, `npm test` and `npm run bench`: sees that the dependencies are there, then hands over to the
// pinned runtime. Run by whatever Node the machine has, so the syntax stays at Node 14's.
import { spawn } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { constants } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findMissing } from './installed.mjs';
import { informationFor } from './usage.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const server = join(root, 'server');
/** Compiled modules are kept here, which takes a third off the time to start. */
const compileCache = join(root, 'node_modules', '.cache', 'node');
const oldestNode = 20;
/**
 * What the runtime may keep in memory, in MB: it would otherwise grow with the machine, to twice as much, before it
 * collects what nobody needs. NODE_OPTIONS may say otherwise. (Of what is outside of its heap, glibc keeps less with
 * two arenas, MALLOC_ARENA_MAX, than with one for each thread: some 16 MB.)
 */
const memory = (process.env.NODE_OPTIONS || '').includes('space-size')
  ? []
  : ['--max-old-space-size=512', '--max-semi-space-size=16'];
const parentPollMs = 500;
const unreachable =
  /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ERR_SOCKET_TIMEOUT)\b/;

const [command, ...args] = process.argv.slice(2);
const isTest = command === 'test';
const isBench = command === 'bench';
const parentAtStart = process.ppid;

function fail(line) {
  process.stderr.write(`${line}\n`);
  process.exit(1);
}

const missing = () =>
  findMissing(root, { withDev: isTest, withDatabase: isTest || isBench || !process.env.DATABASE_URL });

async function main() {
  if (Number.parseInt(process.versions.node, 10) < oldestNode) {
    fail(`Duly needs Node.js ${oldestNode} or newer to start, and this is ${process.versions.node}`);
  }
  const information = informationFor(root, command, args);
  if (information !== null) {
    process.stdout.write(`${information}\n`);
    return;
  }
  const absent = missing();
  if (absent.length > 0) await install(absent);

  if (isTest) process.exit(await runTests());
  if (isBench) process.exit(await runProgram(join(server, 'bench', 'main.ts'), args, process.cwd(), memory));
  process.exit(
    await runProgram(join(server, 'src', 'main.ts'), process.argv.slice(2), process.cwd(), memory),
  );
}

/** Vitest; after the whole suite, coverage over all of its processes is held against the limits in .c8rc.json. */
async function runTests() {
  const isWholeSuite = args.every((arg) => arg.startsWith('-'));
  if (isWholeSuite) {
    rmSync(join(server, 'coverage'), { recursive: true, force: true });
    process.env.NODE_V8_COVERAGE = join(server, 'coverage', 'raw');
  }
  // Files are named from the root of the repository; the suite runs in the server's folder.
  const names = args.map((arg) => arg.replace(/^server\//, ''));
  const code = await runProgram(
    join(root, 'node_modules', 'vitest', 'vitest.mjs'),
    ['run', ...names],
    server,
  );
  if (code !== 0 || !isWholeSuite) return code;
  delete process.env.NODE_V8_COVERAGE;
  return runProgram(join(root, 'node_modules', 'c8', 'bin', 'c8.js'), ['report'], server);
}

/** Runs a program by the pinned runtime, and resolves to its exit code. */
function runProgram(program, programArgs, cwd, runtimeArgs = []) {
  const runtime = join(root, 'node_modules', 'node', 'bin', 'node');
  // The channel closes when the launcher is gone, however it went: the program can take that as its end.
  const child = spawn(runtime, [...runtimeArgs, program, ...programArgs], {
    cwd,
    env: isTest ? process.env : { NODE_COMPILE_CACHE: compileCache, MALLOC_ARENA_MAX: '2', ...process.env },
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  return ended(child, (error) => fail(`The runtime ${runtime} does not run: ${error.message}`));
}

/** Only the tests need development packages, but a start does not take them away. */
const withDev = () => isTest || existsSync(join(root, 'node_modules', 'vitest'));

/**
 * `npm install` and not `npm ci`, which refuses a lock file that lacks another platform's optional packages and
 * begins by removing everything. `--no-save` keeps the lock file as it is.
 */
async function install(absent) {
  process.stderr.write('Installing dependencies (first start takes about a minute)…\n');
  // npm takes a directory that exists for a whole package, and runs install scripts only for those it puts there.
  for (const path of absent) rmSync(join(root, path), { recursive: true, force: true });
  const [npm, ...script] = findNpm();
  const options = ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'];
  const retries = ['--fetch-retries=1', '--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=5000'];
  const child = spawn(npm, [...script, ...options, ...retries, withDev() ? '--include=dev' : '--omit=dev'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
  }
  const code = await ended(child, (error) =>
    fail(`npm, which installs the dependencies, does not run: ${error.message}`),
  );
  if (code !== 0) {
    const reason = unreachable.exec(output);
    if (reason)
      fail(`The npm registry cannot be reached (${reason[0]}): check the network, then start again`);
    process.stderr.write(output);
    fail(`Installing the dependencies failed: npm ended with code ${code} and said the above`);
  }
  const [still] = missing();
  if (still !== undefined) {
    fail(
      `${still} is incomplete after npm install: may npm run install scripts here (npm config get ignore-scripts)?`,
    );
  }
}

/** The npm this was started by, else the one that came with this Node, else the one on the PATH. */
function findNpm() {
  const current = process.env.npm_execpath;
  if (current && basename(current) === 'npm-cli.js') return [process.execPath, current];
  const beside = join(dirname(process.execPath), 'npm');
  return [existsSync(beside) ? beside : 'npm'];
}

/**
 * Settles with the exit code for a child that was told of every request to end; 128 + number when a signal ended it.
 */
function ended(child, onError) {
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGQUIT']) process.on(signal, () => child.kill(signal));
  // Ctrl-C reaches the child by itself: a terminal sends it to the whole foreground group.
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'));
  // A killed npm says nothing.
  if (process.env.npm_lifecycle_event) {
    setInterval(() => process.ppid === parentAtStart || child.kill('SIGTERM'), parentPollMs).unref();
  }
  return new Promise((settle) => {
    child.once('error', onError);
    child.once('close', (code, signal) => settle(signal ? 128 + constants.signals[signal] : code));
  });
}

main().catch((error) => fail(`Duly cannot be started: ${error.message}`));
