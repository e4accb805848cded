import { loadEnvironment, readConfig } from '../../server/src/config/config.ts';
import { StartError } from '../../server/src/platform/errors.ts';
import { DemoError } from './fill.ts';
import { readOptions, usage } from './options.ts';
import { createStopSignal } from './stop.ts';

async function run(args: string[]): Promise<void> {
  const { help, chaos, production, seconds, seed } = readOptions(args);
  if (help) {
    process.stdout.write(`${usage}\n`);
    return;
  }
  const stop = createStopSignal();
  if (chaos) {
    const { runChaos } = await import('./chaos/run.ts');
    process.exitCode = (await runChaos({ seconds, seed, stop })) ? 0 : 1;
    return;
  }
  loadEnvironment();
  const { showUser } = await import('./user.ts');
  await showUser(readConfig(), production, stop);
}

try {
  await run(process.argv.slice(2));
} catch (error) {
  const isRefusal = error instanceof DemoError || error instanceof StartError;
  process.stderr.write(
    `${isRefusal ? error.message : error instanceof Error ? error.stack : String(error)}\n`,
  );
  process.exitCode = 1;
}
// Connections that are kept open would keep the process alive.
process.exit();
