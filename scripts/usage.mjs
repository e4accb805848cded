// Help texts of the commands. Any Node.js runs it, so keep to the syntax of Node 14.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The text for `--help` or `--version` among `args`, or null without either. The help of `serve`, which is the command
 * of `npm start`, lists all commands.
 */
export function helpOrVersion(root, command, args) {
  if (!args.some((arg) => ['--help', '-h', '--version'].includes(arg))) return null;
  const commands = readJson(join(root, 'server', 'src', 'commands', 'usage.json'));
  if (!Object.keys(commands).includes(command)) return null;
  if (args.includes('--version')) return readJson(join(root, 'server', 'package.json')).version;
  const named = command === 'serve' ? Object.values(commands) : [commands[command]];
  const settings = 'Settings are environment variables or lines of .env: see README.md, Configuration.';
  return [...named.map(helpOf), settings].join('\n\n');
}

function helpOf({ call, does, words }) {
  const lines = Object.entries(words).map(([word, { takes, does: what }]) => [
    [word, ...takes].join(' '),
    what,
  ]);
  const width = Math.max(0, ...lines.map(([left]) => left.length));
  return [`${call}: ${does}`, ...lines.map(([left, what]) => `  ${left.padEnd(width)}  ${what}`)].join('\n');
}

const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));
