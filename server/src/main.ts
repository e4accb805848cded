import cluster from 'node:cluster';
import { type CommandName, checkArguments } from './commands/arguments.ts';
import { commands, isCommandName } from './commands/table.ts';
import { type Config, loadEnvironment, readConfig } from './config/config.ts';
import { StartError } from './platform/errors.ts';

async function runCommand([name = 'serve', ...args]: string[]): Promise<void> {
  if (!isCommandName(name)) {
    throw new StartError(
      `duly: no command ${JSON.stringify(name)}; there are: ${Object.keys(commands).join(', ')}`,
    );
  }
  checkArguments(name, args);
  const config = readSettings(name);
  const command = await commands[name]();
  await command(config, args);
}

/** Refused settings are another exit code of `doctor` than a problem that it found. */
function readSettings(command: CommandName): Config {
  try {
    loadEnvironment();
    return readConfig();
  } catch (error) {
    if (command === 'doctor') process.exitCode = 2;
    throw error;
  }
}

/** The first error of stdout, reported at the end: a full disk or a closed pipe must not stop a change half-way. */
let outputError: NodeJS.ErrnoException | undefined;
process.stdout.on('error', (error) => {
  outputError ??= error;
});

function printFailure(text: string): void {
  process.stderr.write(`${text}\n`);
  process.exitCode ||= 1;
}

try {
  // The primary process starts its workers with this file as well.
  if (cluster.isWorker) await (await import('./process/workers/worker.ts')).runWorker();
  else await runCommand(process.argv.slice(2));
} catch (error) {
  const isRefusal = error instanceof StartError;
  printFailure(`${isRefusal ? error.message : error instanceof Error ? error.stack : error}`);
}
// A reader that has seen enough, as `head` has, closes the pipe.
if (outputError !== undefined && outputError.code !== 'EPIPE')
  printFailure(`duly: the output cannot be written: ${outputError.message}`);
// Explicit, because a hanging connection would keep the event loop, and so the process, alive.
process.exit();
