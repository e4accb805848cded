import { DulyError } from '../../client/src/errors.ts';
import packageJson from '../package.json' with { type: 'json' };
import { commands } from './commands/table.ts';
import { exitCodes, Failure } from './failure.ts';
import { helpOf, helpOfAll } from './help.ts';
import { print } from './output/print.ts';
import { styled } from './output/terminal.ts';
import { isCommandName, readArguments } from './usage.ts';

async function main([name, ...args]: string[]): Promise<void> {
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') return print(helpOfAll());
  if (name === '--version') return print(packageJson.version);
  if (!isCommandName(name))
    throw new Failure(
      'usage',
      `There is no command "${name}"; npx duly ${name} may be one of the service. See duly --help`,
    );
  const read = readArguments(name, args);
  if (read.flag('help')) return print(helpOf(name));
  const run = await commands[name]();
  await run(read);
}

function exitCodeOf(error: unknown): number {
  if (error instanceof Failure) return error.exitCode;
  if (!(error instanceof DulyError)) return exitCodes.failed;
  return error.code === 'NETWORK_ERROR' ? exitCodes.network : exitCodes.failed;
}

function messageOf(error: unknown): string {
  if (error instanceof Failure) return error.message;
  if (error instanceof DulyError) return error.detail;
  return error instanceof Error ? `Unexpected: ${error.stack}` : String(error);
}

// A reader that has seen enough, as `head` has, closes the pipe.
process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => process.exit(code === 'EPIPE' ? 0 : 1));

main(process.argv.slice(2)).then(
  // An open connection does not keep the program from ending, but what is written has to be.
  () => process.stdout.write('', () => process.exit()),
  (error: unknown) => {
    process.stderr.write(`${styled('red', messageOf(error), process.stderr)}\n`);
    process.stdout.write('', () => process.exit(exitCodeOf(error)));
  },
);
