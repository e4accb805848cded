import cluster from 'node:cluster';
import { existsSync } from 'node:fs';
import { type Config, readConfig } from './config.ts';
import { StartError } from './errors.ts';

type Command = (config: Config, args: string[]) => Promise<void>;

/** Loaded when called for: a wrong setting is refused before the rest is read. */
const commands: Record<string, (config: Config) => Promise<Command>> = {
  serve: async ({ workers }) =>
    workers === 1
      ? (await import('./serve.ts')).serve
      : (await import('./workers/primary.ts')).serveByWorkers,
  admin: async () => (await import('./admin/command.ts')).admin,
  audit: async () => (await import('./audit/command.ts')).audit,
  migrate: async () => (await import('./migrate.ts')).migrate,
};

function loadEnvironment(): void {
  if (!existsSync('.env')) return;
  try {
    process.loadEnvFile('.env');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'an error';
    throw new StartError(
      `.env: got a file that cannot be read (${code}), wants lines NAME=value, or no file`,
    );
  }
}

async function runCommand([name = 'serve', ...args]: string[]): Promise<void> {
  loadEnvironment();
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (load === undefined) {
    throw new StartError(
      `duly: no command ${JSON.stringify(name)}; there are: ${Object.keys(commands).join(', ')}`,
    );
  }
  const config = readConfig();
  const command = await load(config);
  await command(config, args);
}

try {
  if (cluster.isWorker) await (await import('./workers/worker.ts')).work();
  else await runCommand(process.argv.slice(2));
} catch (error) {
  const isRefusal = error instanceof StartError;
  process.stderr.write(
    `${isRefusal ? error.message : error instanceof Error ? error.stack : String(error)}\n`,
  );
  process.exitCode = 1;
}
// Not left to the event loop: a connection that hangs would hold the process.
process.exit();
