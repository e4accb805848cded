import { StartError } from '../platform/errors.ts';

/**
 * The values of options `--name VALUE`.
 * @param command for the message, such as `backup verify`
 * @throws StartError for an unknown or repeated option, and one without its value
 */
export function parseOptions<Name extends string>(
  command: string,
  names: readonly Name[],
  args: readonly string[],
): Partial<Record<Name, string>> {
  const values: Partial<Record<Name, string>> = {};
  for (let index = 0; index < args.length; index += 2) {
    const [option, value] = args.slice(index, index + 2);
    const name = names.find((one) => `--${one}` === option);
    if (name === undefined || value === undefined || values[name] !== undefined)
      throw new StartError(
        `${command}: got ${args.join(' ')}, wants ${names.map((one) => `[--${one} …]`).join(' ') || 'nothing more'}`,
      );
    values[name] = value;
  }
  return values;
}
