import cluster from 'node:cluster';
import usage from './commands/usage.json' with { type: 'json' };
import { type Config, loadEnvironment, readConfig } from './config/config.ts';
import { StartError } from './platform/errors.ts';

type Command = (config: Config, args: string[]) => Promise<void>;
type CommandName = keyof typeof usage;

/** Loaded when called for: a wrong setting is refused before the rest is read. */
const commands: Record<CommandName, (config: Config) => Promise<Command>> = {
  serve: async ({ workers }) =>
    workers === 1
      ? (await import('./process/serve.ts')).serve
      : (await import('./process/workers/primary.ts')).serveWithWorkers,
  admin: async () => (await import('./commands/admin.ts')).admin,
  audit: async () => (await import('./commands/audit.ts')).audit,
  migrate: async () => (await import('./commands/migrate.ts')).migrate,
};

const isCommand = (name: string): name is CommandName => Object.hasOwn(commands, name);

/** Before anything is read or made. What a known word takes is its command's to check, but not how much. */
function refuseUnknown(name: CommandName, [word, ...args]: string[]): void {
  if (word === undefined) return;
  const words: Record<string, { takes: string[] }> = usage[name].words;
  const { takes } = (Object.hasOwn(words, word) ? words[word] : undefined) ?? {};
  if (takes !== undefined && args.length <= takes.length) return;
  const got = JSON.stringify(takes === undefined ? word : args[takes.length]);
  const wanted = takes === undefined ? Object.keys(words).join(', ') : takes.join(' ');
  throw new StartError(
    `${takes === undefined ? name : `${name} ${word}`}: got ${got}, wants ${wanted || 'no more arguments'}`,
  );
}

async function runCommand([name = 'serve', ...args]: string[]): Promise<void> {
  if (!isCommand(name)) {
    throw new StartError(
      `duly: no command ${JSON.stringify(name)}; there are: ${Object.keys(commands).join(', ')}`,
    );
  }
  refuseUnknown(name, args);
  loadEnvironment();
  const config = readConfig();
  const command = await commands[name](config);
  await command(config, args);
}

try {
  if (cluster.isWorker) await (await import('./process/workers/worker.ts')).runWorker();
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
