import { type CommandName, commandNames, usageOf } from './usage.ts';

const aligned = (rows: [string, string][]): string[] => {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
};

const invocationOf = (name: CommandName): string => [name, usageOf(name).arguments ?? ''].join(' ').trim();

/** Every command in one line each. */
export const helpOfAll = (): string =>
  [
    'duly: tasks on a terminal, also offline',
    '',
    ...aligned(commandNames.map((name) => [invocationOf(name), usageOf(name).description])),
    '',
    'TASK is the number that a list shows, or an id. duly COMMAND --help has the options.',
  ].join('\n');

export function helpOf(name: CommandName): string {
  const { description, options } = usageOf(name);
  const rows = Object.entries(options).map(([key, option]): [string, string] => {
    const { short, value, choices, description: text = '' } = option;
    const left = `${short ? `-${short}, ` : '    '}--${key}${value ? ` ${value}` : ''}`;
    return [left, choices ? `${text} (${choices.join(', ')})` : text];
  });
  return [`duly ${invocationOf(name)}`, `  ${description}`, '', ...aligned(rows)].join('\n');
}
