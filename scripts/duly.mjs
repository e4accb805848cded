#!/usr/bin/env node
// `duly` of the npm package: runs a command of the service with the pinned runtime; `serve` without one. A command of
// the client runs in this process. Any Node.js runs it, so keep to the syntax of Node 14.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { fail, memoryOptions, print, programEnvironment, requireNode, runRuntime } from './runtime.mjs';
import { helpOrVersion } from './usage.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const client = join(root, 'cli');
const words = process.argv.slice(2);
const [command, ...args] = words[0] === undefined || words[0].startsWith('-') ? ['serve', ...words] : words;

/**
 * The server serves the web app of the package. Another build, or none with an empty value, is a setting like any
 * other: of the environment, or of `.env`, which the server reads and which replaces no variable.
 */
function settings() {
  const env = programEnvironment(join(root, '.cache'));
  const isSet =
    env.WEB_DIRECTORY !== undefined ||
    (existsSync('.env') && /^\s*(?:export\s+)?WEB_DIRECTORY\s*=/m.test(readFileSync('.env', 'utf8')));
  return isSet ? env : { ...env, WEB_DIRECTORY: join(root, 'web', 'dist') };
}

/** npm may place the packages beside this one, or above it. */
function findRuntime() {
  const runtime = join(dirname(createRequire(import.meta.url).resolve('node/package.json')), 'bin', 'node');
  if (!existsSync(runtime))
    fail(`${runtime} is missing: may npm run install scripts here (npm config get ignore-scripts)?`);
  return runtime;
}

const isOfClient = () =>
  ['help', ...Object.keys(JSON.parse(readFileSync(join(client, 'usage.json'), 'utf8')))].includes(command);

async function main() {
  requireNode();
  if (isOfClient()) {
    await import(pathToFileURL(join(client, 'duly.mjs')).href);
    return;
  }
  const text = helpOrVersion(root, command, args, (name) => `duly ${name}`);
  if (text !== null) {
    const isOfAll = command === 'serve' && !args.includes('--version');
    print(isOfAll ? `${text}\n\nTasks on a terminal, for people: duly help lists the commands.` : text);
    return;
  }
  const program = join(root, 'server', 'dist', 'main.js');
  const options = { cwd: process.cwd(), env: settings() };
  const [runtime, runtimeArgs] = [findRuntime(), [...memoryOptions, program, command, ...args]];
  // Becomes the runtime, where Node.js can (22.15): one process less. Below npm, this process looks after its parent.
  if (process.execve && !process.env.npm_lifecycle_event)
    process.execve(runtime, [runtime, ...runtimeArgs], options.env);
  process.exit(await runRuntime(runtime, runtimeArgs, options));
}

main().catch((error) => fail(`Duly cannot be started: ${error.message}`));
