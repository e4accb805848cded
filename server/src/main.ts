import cluster from 'node:cluster';
import { checkArguments } from './commands/arguments.ts';
import { commands, isCommandName } from './commands/table.ts';
import { loadEnvironment, readConfig } from './config/config.ts';
import { StartError } from './platform/errors.ts';

async function runCommand([name = 'serve', ...args]: string[]): Promise<void> {
  if (!isCommandName(name)) {
    throw new StartError(
      `duly: no command ${JSON.stringify(name)}; there are: ${Object.keys(commands).join(', ')}`,
    );
  }
  checkArguments(name, args);
  loadEnvironment();
  const config = readConfig();
  const command = await commands[name]();
  await command(config, args);
}

try {
  // The primary process starts its workers with this file as well.
  if (cluster.isWorker) await (await import('./process/workers/worker.ts')).runWorker();
  else await runCommand(process.argv.slice(2));
} catch (error) {
  const isRefusal = error instanceof StartError;
  process.stderr.write(
    `${isRefusal ? error.message : error instanceof Error ? error.stack : String(error)}\n`,
  );
  process.exitCode = 1;
}
// Explicit, because a hanging connection would keep the event loop, and so the process, alive.
process.exit();
