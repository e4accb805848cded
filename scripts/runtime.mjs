// How both launchers start the pinned runtime: `run.mjs` in a clone, `duly.mjs` in the npm package. Any Node.js runs
// it, so keep to the syntax of Node 14.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';

const oldestNode = 20;
const parentPollMs = 500;
const parentAtStart = process.ppid;
/**
 * Heap limits in MB; NODE_OPTIONS overrides them. By default the heap grows with the memory of the machine, to twice as
 * much, before garbage is collected. Semi-spaces of 16 MB instead of 8 took 30 MB more under load, and the same
 * processor time. Outside the heap, two glibc arenas (MALLOC_ARENA_MAX) save some 16 MB against one per thread.
 */
export const memoryOptions = (process.env.NODE_OPTIONS || '').includes('space-size')
  ? []
  : ['--max-old-space-size=512', '--max-semi-space-size=8'];

export function fail(line) {
  process.stderr.write(`${line}\n`);
  process.exit(1);
}

export function requireNode() {
  if (Number.parseInt(process.versions.node, 10) < oldestNode) {
    fail(`Duly needs Node.js ${oldestNode} or newer to start, and this is ${process.versions.node}`);
  }
}

/** A reader that has seen enough, as `head` has, closes the pipe. */
export function print(text) {
  process.stdout.on(
    'error',
    ({ code, message }) => code === 'EPIPE' || fail(`The output cannot be written: ${message}`),
  );
  process.stdout.write(`${text}\n`);
}

export const programEnvironment = (compileCache) => ({
  NODE_COMPILE_CACHE: compileCache,
  MALLOC_ARENA_MAX: '2',
  ...process.env,
});

/** Runs the runtime with these arguments, and resolves to its exit code. */
export function runRuntime(runtime, runtimeArgs, { cwd, env }) {
  // The IPC channel closes when the launcher ends in any way: the program then stops.
  const child = spawn(runtime, runtimeArgs, { cwd, env, stdio: ['inherit', 'inherit', 'inherit', 'ipc'] });
  return waitForExit(child, (error) => fail(`The runtime ${runtime} does not run: ${error.message}`));
}

/** Forwards stop signals to the child. Resolves to its exit code, or to 128 + the signal's number. */
export function waitForExit(child, onError) {
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGQUIT']) process.on(signal, () => child.kill(signal));
  // A terminal sends Ctrl-C to the whole foreground group, so the child already gets it.
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'));
  // A killed npm sends no signal: poll the parent's pid.
  if (process.env.npm_lifecycle_event) {
    setInterval(() => process.ppid === parentAtStart || child.kill('SIGTERM'), parentPollMs).unref();
  }
  return new Promise((settle) => {
    child.once('error', onError);
    child.once('close', (code, signal) => settle(signal ? 128 + constants.signals[signal] : code));
  });
}
