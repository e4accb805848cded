import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { StartError } from '../platform/errors.ts';
import { hasCode } from '../platform/files.ts';

const byteOrderMark = '\u{feff}';
const assignment = /^\s*(?:export\s+)?[A-Za-z_][\w.-]*\s*=\s*(.*)$/;
const wanted = 'lines NAME=value, comments that begin with #, or no file';

/**
 * Adds the variables of a file to `env`. Existing variables stay. A missing file has no effect.
 * @throws StartError with a line for each line that is no assignment. Values, which may be secrets, are not shown.
 */
export function loadEnvFile(path: string, env: NodeJS.ProcessEnv): void {
  const text = readText(path);
  const faults = findFaultyLines(text).map((fault) => `${path}: got ${fault}, wants ${wanted}`);
  if (faults.length > 0) throw new StartError(faults.join('\n'));
  for (const [name, value] of Object.entries(parseEnv(text))) env[name] ??= value;
}

function readText(path: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return '';
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'an error';
    throw new StartError(`${path}: got a file that cannot be read (${code}), wants ${wanted}`);
  }
  // UTF-16, which some editors on Windows write, has NUL as every second byte of ASCII text.
  const text = bytes.toString();
  if (bytes.includes(0) || !Buffer.from(text).equals(bytes))
    throw new StartError(`${path}: got a file that is not in UTF-8, wants ${wanted}`);
  return text.startsWith(byteOrderMark) ? text.slice(1) : text;
}

/** `parseEnv` ignores invalid lines silently. A quoted value may span several lines. */
function findFaultyLines(text: string): string[] {
  const faults: string[] = [];
  let [quote, openedIn] = ['', 0];
  text.split(/\r?\n/).forEach((line, index) => {
    const refuse = (what: string) => faults.push(`line ${index + 1}, ${what}`);
    let quoted = line;
    if (quote === '') {
      if (/^\s*(?:#|$)/.test(line)) return;
      const value = assignment.exec(line)?.[1];
      if (value === undefined || line.includes('\r')) refuse('which is no assignment');
      if (value === undefined || !/^["'`]/.test(value)) return;
      [quote, openedIn, quoted] = [value.charAt(0), index + 1, value.slice(1)];
    }
    const end = quoted.indexOf(quote);
    if (end < 0) return;
    if (!/^\s*(?:#.*)?$/.test(quoted.slice(end + 1))) refuse('which has text after a quote');
    quote = '';
  });
  if (quote !== '') faults.push(`line ${openedIn}, whose quote does not end`);
  return faults;
}
