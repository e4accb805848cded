import { parseArgs } from 'node:util';
import { Failure } from './failure.ts';
import table from './usage.json' with { type: 'json' };

export type CommandName = keyof typeof table;

export interface Option {
  short?: string;
  /** What stands for the value in the help; absent: a flag. */
  value?: string;
  multiple?: boolean;
  choices?: string[];
  description?: string;
}

export interface Usage {
  /** `TASK…`, `[URL]`; absent: none. */
  arguments?: string;
  description: string;
  options?: Record<string, Option>;
}

const commonOptions: Record<string, Option> = {
  json: { description: 'print JSON' },
  offline: { description: 'use what is stored here, without the network' },
  help: { short: 'h', description: 'show this help' },
};

export const commandNames = Object.keys(table) as CommandName[];
export const isCommandName = (name: string): name is CommandName => Object.hasOwn(table, name);

/** A command with all its options. */
export function usageOf(name: CommandName): Usage & { options: Record<string, Option> } {
  const usage: Usage = table[name];
  const options = Object.entries({ ...usage.options, help: {} });
  return {
    ...usage,
    options: Object.fromEntries(options.map(([key, option]) => [key, { ...commonOptions[key], ...option }])),
  };
}

/** The words of a command line, checked against `usage.json`. */
export interface Arguments {
  words: string[];
  flag(name: string): boolean;
  text(name: string): string | undefined;
  texts(name: string): string[];
}

/** @throws Failure about what the command does not take */
export function readArguments(name: CommandName, args: string[]): Arguments {
  const { options, arguments: pattern = '' } = usageOf(name);
  const wrong = (message: string) => new Failure('usage', `${message}; see duly ${name} --help`);
  const parsed = parse(args, options, wrong);
  const values = new Map(Object.entries(parsed.values));
  const texts = (key: string) => [values.get(key) ?? []].flat().filter((one) => typeof one === 'string');
  for (const [key, { choices }] of Object.entries(options))
    for (const value of texts(key))
      if (choices !== undefined && !choices.includes(value))
        throw wrong(`--${key} is ${choices.join(', ')}, not "${value}"`);
  const words = parsed.positionals;
  if (!values.has('help')) {
    if (words.length === 0 && /^[A-Z]/.test(pattern)) throw wrong(`duly ${name} needs ${pattern}`);
    if (words.length > 1 && !pattern.includes('…')) throw wrong(`Unexpected "${words[1]}"`);
    if (words.length > 0 && pattern === '') throw wrong(`Unexpected "${words[0]}"`);
  }
  return { words, flag: (key) => values.get(key) === true, text: (key) => texts(key)[0], texts };
}

function parse(args: string[], options: Record<string, Option>, wrong: (message: string) => Failure) {
  const known = Object.entries(options).map(([key, { value, short, multiple = false }]) => [
    key,
    { type: value === undefined ? 'boolean' : 'string', multiple, ...(short !== undefined && { short }) },
  ]);
  try {
    return parseArgs({ args, options: Object.fromEntries(known), allowPositionals: true });
  } catch (error) {
    const [sentence = ''] = (error instanceof Error ? error.message : '').split(/\. |\n/);
    throw wrong(sentence);
  }
}
