/** The output of the command `admin`: lines for people, whose words a script can tell apart by white space. */
export const printLine = (line: string) => process.stdout.write(`${line}\n`);

/** What could move a terminal's cursor or turn its text around; names may hold it. */
const invisible = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu;

const escaped = (char: string) =>
  Array.from(
    { length: char.length },
    (_, unit) => `\\u${char.charCodeAt(unit).toString(16).padStart(4, '0')}`,
  ).join('');

/** A value as one word: itself, or in quotes where it has spaces or is not plain; `-` for none. */
export function toWord(value: string | number | boolean | null): string {
  if (value === null || value === '') return '-';
  const text = String(value);
  return /^[\p{L}\p{N}\p{P}\p{S}\p{M}]+$/u.test(text) && !text.startsWith('"')
    ? text
    : JSON.stringify(text).replaceAll(invisible, escaped);
}

/** A line of a table: words in columns of these widths, the last as long as it is. */
export const printRow = (widths: readonly number[], values: readonly (string | number | boolean | null)[]) =>
  printLine(
    values
      .map((value, index) => toWord(value).padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd(),
  );

/** Names and values, a line each. */
export function printFields(values: Readonly<Record<string, string | number | boolean | null>>): void {
  const width = Math.max(...Object.keys(values).map((name) => name.length));
  for (const [name, value] of Object.entries(values)) printRow([width], [name, value]);
}
