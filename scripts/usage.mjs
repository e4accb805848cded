// The texts of `--help` and `--version`. The system's Node runs this file, so it keeps to the syntax of Node 14.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The text that `--help` or `--version` among `args` asks for; null without either. `serve` is the command of
 * `npm start`: its help lists every command.
 * @param invocationOf how a command is called, where it is not by npm
 */
export function helpOrVersion(root, command, args, invocationOf) {
  if (!args.some((arg) => ['--help', '-h', '--version'].includes(arg))) return null;
  const commands = readJson(join(root, 'server', 'src', 'commands', 'usage.json'));
  if (!Object.keys(commands).includes(command)) return null;
  if (args.includes('--version')) return readJson(join(root, 'server', 'package.json')).version;
  const named = command === 'serve' ? Object.keys(commands) : [command];
  const settings = 'Settings are environment variables or lines of .env: see README.md, Configuration.';
  return [...named.map((name) => helpOf(commands[name], invocationOf?.(name))), settings].join('\n\n');
}

function helpOf({ invocation, description, subcommands }, ownInvocation) {
  const lines = Object.entries(subcommands).map(([name, subcommand]) => [
    [name, ...subcommand.arguments].join(' '),
    subcommand.description,
  ]);
  const width = Math.max(0, ...lines.map(([left]) => left.length));
  const header = `${ownInvocation || invocation}: ${description}`;
  return [header, ...lines.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`)].join('\n');
}

const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));
