import { existsSync } from 'node:fs';
import { type Config, readConfig } from './config.ts';
import { StartError } from './errors.ts';

type Command = (config: Config, args: string[]) => Promise<void>;

/** Loaded when called for: a wrong setting is refused before the rest is read. */
const commands: Record<string, () => Promise<Command>> = {
  serve: async () => (await import('./serve.ts')).serve,
  migrate: async () => (await import('./migrate.ts')).migrate,
};

const [name = 'serve', ...args] = process.argv.slice(2);
try {
  if (existsSync('.env')) process.loadEnvFile('.env');
  const load = commands[name];
  if (load === undefined) {
    throw new StartError(
      `duly: no command ${JSON.stringify(name)}; there are: ${Object.keys(commands).join(', ')}`,
    );
  }
  const config = readConfig();
  const command = await load();
  await command(config, args);
} catch (error) {
  if (!(error instanceof StartError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
