import { StartError } from '../platform/errors.ts';
import usage from './usage.json' with { type: 'json' };

export type CommandName = keyof typeof usage;
export type SubcommandName<Name extends CommandName> = keyof (typeof usage)[Name]['subcommands'];

/**
 * Refuses an unknown subcommand and more arguments than `usage.json` lists, before anything is read or created. The
 * command itself checks the values.
 * @throws StartError
 */
export function checkArguments(command: CommandName, [word, ...args]: string[]): void {
  if (word === undefined) return;
  const subcommands: Record<string, { arguments: string[] }> = usage[command].subcommands;
  const placeholder = Object.keys(subcommands).find((name) => /^\[?[A-Z]/.test(name));
  const { arguments: allowed } = selectSubcommand(command, subcommands, placeholder ?? word);
  if (args.length <= allowed.length) return;
  const surplus = JSON.stringify(args[allowed.length]);
  throw new StartError(
    `${command} ${word}: got ${surplus}, wants ${allowed.join(' ') || 'no more arguments'}`,
  );
}

/** @throws StartError when there is no such subcommand. */
export function selectSubcommand<Subcommand>(
  command: CommandName,
  subcommands: Readonly<Record<string, Subcommand>>,
  word: string,
): Subcommand {
  const found = Object.hasOwn(subcommands, word) ? subcommands[word] : undefined;
  if (found !== undefined) return found;
  const wanted = Object.keys(subcommands).join(', ') || 'no more arguments';
  throw new StartError(`${command}: got ${JSON.stringify(word)}, wants ${wanted}`);
}
