// Behind `npm start` and `npm test`: sees that the dependencies are there, then hands over to the pinned runtime.
// Run by whatever Node the machine has, so the syntax stays at Node 14's.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findMissing } from './installed.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const oldestNode = 20;
const parentPollMs = 500;
const unreachable =
  /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ERR_SOCKET_TIMEOUT)\b/;

const [command, ...args] = process.argv.slice(2);
const isTest = command === 'test';

function fail(line) {
  process.stderr.write(`${line}\n`);
  process.exit(1);
}

const missing = () =>
  findMissing(root, { withDev: isTest, withDatabase: isTest || process.env.DATABASE_URL === undefined });

async function main() {
  if (Number.parseInt(process.versions.node, 10) < oldestNode) {
    fail(`Duly needs Node.js ${oldestNode} or newer to start, and this is ${process.versions.node}`);
  }
  if (missing().length > 0) await install();

  const runtime = join(root, 'node_modules', 'node', 'bin', 'node');
  const program = isTest
    ? [join(root, 'node_modules', 'vitest', 'vitest.mjs'), 'run', ...args]
    : [join(root, 'src', 'main.ts'), ...process.argv.slice(2)];
  // The channel closes when the launcher is gone, however it went: the program can take that as its end.
  const child = spawn(runtime, program, {
    cwd: isTest ? root : process.cwd(),
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  process.exit(await ended(child, (error) => fail(`The runtime ${runtime} does not run: ${error.message}`)));
}

async function install() {
  process.stderr.write('Installing dependencies (first start takes about a minute)…\n');
  const npm = findNpm();
  const options = ['ci', '--no-audit', '--no-fund', '--fetch-retries=1', '--fetch-retry-mintimeout=1000'];
  if (isTest) options.push('--include=dev');
  const child = spawn(npm[0], [...npm.slice(1), ...options], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (text) => {
      output += text;
    });
  }
  const code = await ended(child, (error) =>
    fail(`npm cannot be run to install the dependencies: ${error.message}`),
  );
  if (code !== 0) {
    const reason = unreachable.exec(output);
    if (reason)
      fail(`The npm registry cannot be reached (${reason[0]}): check the network, then start again`);
    process.stderr.write(output);
    fail(`Installing the dependencies failed: npm ci ended with code ${code}, its output is above`);
  }
  const [first] = missing();
  if (first !== undefined) {
    fail(
      `${first} is still missing after npm ci: does npm run install scripts here (npm config get ignore-scripts)?`,
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

/** Settles with the exit code for a child that was told of every request to end; 128 + number when a signal ended it. */
function ended(child, onError) {
  // Ctrl-C reaches the child by itself: the terminal sends it to the whole foreground group.
  process.on('SIGINT', () => {});
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  // Where npm's shell stands between npm and us, a signal ends the shell and never arrives here.
  const parent = process.ppid;
  if (process.env.npm_lifecycle_event) {
    setInterval(() => process.ppid === parent || child.kill('SIGTERM'), parentPollMs).unref();
  }
  return new Promise((settle) => {
    child.once('error', onError);
    child.once('close', (code, signal) => settle(signal ? 128 + constants.signals[signal] : code));
  });
}

main();
