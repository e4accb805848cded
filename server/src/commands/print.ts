export const printLine = (line: string) => process.stdout.write(`${line}\n`);

/** Control and bidirectional characters, which names may contain: they could move a terminal's cursor. */
const invisible = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu;

const escaped = (char: string) =>
  Array.from(
    { length: char.length },
    (_, unit) => `\\u${char.charCodeAt(unit).toString(16).padStart(4, '0')}`,
  ).join('');

/** One word, so that scripts can split a line at white space: in quotes if it has spaces, `-` for null and ''. */
export function toWord(value: string | number | boolean | null): string {
  if (value === null || value === '') return '-';
  const text = String(value);
  return /^[\p{L}\p{N}\p{P}\p{S}\p{M}]+$/u.test(text) && !text.startsWith('"')
    ? text
    : JSON.stringify(text).replaceAll(invisible, escaped);
}

/** @param widths in characters; the last column needs none. */
export const printRow = (widths: readonly number[], values: readonly (string | number | boolean | null)[]) =>
  printLine(
    values
      .map((value, index) => toWord(value).padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd(),
  );

/** Prints a name and its value on each line. */
export function printFields(values: Readonly<Record<string, string | number | boolean | null>>): void {
  const width = Math.max(...Object.keys(values).map((name) => name.length));
  for (const [name, value] of Object.entries(values)) printRow([width], [name, value]);
}
