// What the commands are and take, for people. Parsed by whatever Node the machine has, so the syntax stays at Node
// 14's.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The text that `--help` or `--version` among `args` asks for; null when neither is there. `serve` is the command of
 * `npm start`: its help names all the others.
 */
export function informationFor(root, command, args) {
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
