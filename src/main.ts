import { existsSync } from 'node:fs';
import { readConfig } from './config.ts';
import { StartError } from './errors.ts';
import { migrate } from './migrate.ts';
import { serve } from './serve.ts';

const commands: Record<string, (args: string[]) => Promise<void>> = {
  serve: () => serve(readConfig()),
  migrate: (args) => migrate(readConfig(), args),
};

const [name = 'serve', ...args] = process.argv.slice(2);
try {
  if (existsSync('.env')) process.loadEnvFile('.env');
  const command = commands[name];
  if (command === undefined) {
    throw new StartError(
      `duly: no command ${JSON.stringify(name)}; there are: ${Object.keys(commands).join(', ')}`,
    );
  }
  await command(args);
} catch (error) {
  if (!(error instanceof StartError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
