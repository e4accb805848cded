// Launcher of `npm start`, `npm run web`, `npm test` and the scripts of package.json that run the service: installs
// missing dependencies, then runs the pinned runtime. `npm run check` and `npm run format` start their tools directly.
// Any Node.js runs it, so keep to the syntax of Node 14.
import { spawn } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isBuilt } from './build-inputs.mjs';
import { findMissing } from './installed.mjs';
import {
  fail,
  memoryOptions,
  print,
  programEnvironment,
  requireNode,
  runRuntime,
  waitForExit,
} from './runtime.mjs';
import { helpOrVersion } from './usage.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const server = join(root, 'server');
const vitepress = join(root, 'node_modules', 'vitepress', 'bin', 'vitepress.js');
const serverBuild = join(root, 'scripts', 'build.mjs');
/** Cache of compiled modules: it saves a third of the time to start. */
const compileCache = join(root, 'node_modules', '.cache', 'node');
const networkErrors =
  /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ERR_SOCKET_TIMEOUT)\b/;

const [command, ...args] = process.argv.slice(2);
const isFaults = command === 'test:faults';
const isTest = command === 'test' || isFaults;
const isBench = command === 'bench';
const isDemo = command === 'demo';
const isDocs = command === 'docs';
const isWeb = command === 'web';
const isBuild = command === 'build';

const listMissing = () =>
  findMissing(root, {
    withDev: isTest || isWeb,
    withDatabase: isTest || isBench || isDemo || !process.env.DATABASE_URL,
  });

async function main() {
  requireNode();
  const text = helpOrVersion(root, isWeb ? 'serve' : command, args);
  if (text !== null) {
    print(text);
    return;
  }
  const missingPaths = listMissing();
  if (missingPaths.length > 0) await install(missingPaths);

  if (isTest) process.exit(await runTests());
  if (isBench) {
    await buildServer();
    process.exit(await runProgram(join(server, 'bench', 'main.ts'), args, process.cwd(), memoryOptions));
  }
  if (isDocs)
    process.exit(await runProgram(vitepress, ['build', join(root, 'docs'), ...args], process.cwd()));
  if (isDemo)
    process.exit(await runProgram(join(root, 'demo', 'src', 'main.ts'), args, process.cwd(), memoryOptions));
  if (isBuild) process.exit(await runProgram(serverBuild, [], root));
  if (isWeb) await buildWebApp();
  const serverArgs = isWeb ? ['serve', ...args] : process.argv.slice(2);
  process.exit(await runProgram(await buildServer(), serverArgs, process.cwd(), memoryOptions));
}

/** Builds the server, unless that is done. @returns its main program: that of the sources if it cannot be built here */
async function buildServer() {
  const built = join(server, 'dist');
  const isReady = isBuilt(root, built) || (await runProgram(serverBuild, [], root)) === 0;
  return isReady ? join(built, 'main.js') : join(server, 'src', 'main.ts');
}

/** Builds the web app, unless that is done, and has the server serve it. */
async function buildWebApp() {
  const code = await runProgram(join(root, 'web', 'scripts', 'build.mjs'), [], root);
  if (code !== 0) process.exit(code);
  process.env.WEB_DIRECTORY = join(root, 'web', 'dist');
}

/**
 * Runs Vitest, on the suite of faults if that is asked for. After the whole other suite, c8 checks the coverage of all
 * processes against the limits in .c8rc.json.
 */
async function runTests() {
  const { database, options } = readTestOptions();
  const isWholeSuite = !isFaults && database === null && options.every((arg) => arg.startsWith('-'));
  if (isWholeSuite) {
    rmSync(join(server, 'coverage'), { recursive: true, force: true });
    process.env.NODE_V8_COVERAGE = join(server, 'coverage', 'raw');
  }
  // Arguments are paths from the repository's root; the suite runs in server/.
  const names = options.map((arg) => arg.replace(/^server\//, ''));
  const config = isFaults
    ? 'vitest.faults.config.ts'
    : database === null
      ? null
      : 'vitest.database.config.ts';
  const code = await runProgram(
    join(root, 'node_modules', 'vitest', 'vitest.mjs'),
    ['run', ...(config === null ? [] : ['--config', config]), ...names],
    server,
  );
  if (code !== 0 || !isWholeSuite) return code;
  delete process.env.NODE_V8_COVERAGE;
  return runProgram(join(root, 'node_modules', 'c8', 'bin', 'c8.js'), ['report'], server);
}

/** `--database URL`, and whether that server may hold users: settings of `vitest.database.config.ts`. */
function readTestOptions() {
  const options = args.filter((arg) => arg !== '--yes-this-is-a-test-cluster');
  if (options.length < args.length) process.env.DULY_TEST_CLUSTER_CONSENT = 'yes';
  const at = options.indexOf('--database');
  if (at < 0) return { database: null, options };
  const [, database] = options.splice(at, 2);
  if (isFaults || !URL.canParse(database ?? ''))
    fail('npm test -- --database: wants the URL of a PostgreSQL superuser');
  process.env.DULY_TEST_DATABASE = database;
  return { database, options };
}

/** Runs a program with the pinned runtime, and resolves to its exit code. */
function runProgram(program, programArgs, cwd, runtimeArgs = []) {
  const runtime = join(root, 'node_modules', 'node', 'bin', 'node');
  const env = isTest ? process.env : programEnvironment(compileCache);
  return runRuntime(runtime, [...runtimeArgs, program, ...programArgs], { cwd, env });
}

/** Only tests and builds of pages need development packages, but a start must not remove them. */
const withDev = () => isTest || isDocs || isWeb || existsSync(join(root, 'node_modules', 'vitest'));

/**
 * Uses `npm install`: `npm ci` rejects a lock file without another platform's optional packages, and first removes
 * everything. `--no-save` leaves the lock file unchanged.
 */
async function install(missingPaths) {
  process.stderr.write('Installing dependencies (first start takes about a minute)…\n');
  // npm takes an existing directory for a complete package, and runs install scripts only for packages that it adds.
  for (const path of missingPaths) rmSync(join(root, path), { recursive: true, force: true });
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
  const code = await waitForExit(child, (error) =>
    fail(`npm, which installs the dependencies, does not run: ${error.message}`),
  );
  if (code !== 0) {
    const reason = networkErrors.exec(output);
    if (reason)
      fail(`The npm registry cannot be reached (${reason[0]}): check the network, then start again`);
    process.stderr.write(output);
    fail(`Installing the dependencies failed: npm ended with code ${code} and said the above`);
  }
  const [stillMissing] = listMissing();
  if (stillMissing !== undefined) {
    fail(
      `${stillMissing} is incomplete after npm install: may npm run install scripts here (npm config get ignore-scripts)?`,
    );
  }
}

/** The npm that started this process, else the one beside this Node, else the one on the PATH. */
function findNpm() {
  const current = process.env.npm_execpath;
  if (current && basename(current) === 'npm-cli.js') return [process.execPath, current];
  const beside = join(dirname(process.execPath), 'npm');
  return [existsSync(beside) ? beside : 'npm'];
}

main().catch((error) => fail(`Duly cannot be started: ${error.message}`));
