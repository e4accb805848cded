import { isUtf8 } from 'node:buffer';
import { ImportError } from '../model.ts';

const lineFeed = 10;
/** So much of a file is read to recognise its format. */
const headBytes = 16 * 1_024;

function encodingOf(file: Buffer): 'utf-8' | 'utf-16le' | 'utf-16be' {
  if (file[0] === 0xff && file[1] === 0xfe) return 'utf-16le';
  return file[0] === 0xfe && file[1] === 0xff ? 'utf-16be' : 'utf-8';
}

/**
 * The text of a file in UTF-8, or in UTF-16 with a byte order mark, which is left out.
 * @throws ImportError
 */
export function decodeText(file: Buffer): string {
  const encoding = encodingOf(file);
  if (encoding === 'utf-8' && !isUtf8(file))
    throw new ImportError(`Line ${firstBadLine(file)} is not UTF-8 text: save the file as UTF-8`);
  return new TextDecoder(encoding).decode(file);
}

function firstBadLine(file: Buffer): number {
  let line = 1;
  for (let start = 0; start < file.length; line++) {
    const end = file.indexOf(lineFeed, start);
    const next = end < 0 ? file.length : end + 1;
    if (!isUtf8(file.subarray(start, next))) return line;
    start = next;
  }
  return line;
}

/** The beginning of the text, whatever its bytes are. */
export const headOf = (file: Buffer): string =>
  new TextDecoder(encodingOf(file)).decode(file.subarray(0, headBytes));

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what has to go
const control = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;
/** All but line breaks and tabs. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what has to go
const controlInText = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g;

/** A text of one line, as a title or a name is. */
export const oneLine = (text: string): string => text.toWellFormed().replace(control, ' ').trim();

/** A text of several lines, which end in a line feed. */
export const plainText = (text: string): string =>
  text.toWellFormed().replace(/\r\n?/g, '\n').replace(controlInText, '').trim();

/** The length as limits count it: in code points. */
export function lengthOf(text: string): number {
  let length = 0;
  for (const _ of text) length++;
  return length;
}

/** At most `max` code points. */
export function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  return Array.from(text.slice(0, max * 2))
    .slice(0, max)
    .join('')
    .toWellFormed();
}

const maxQuoted = 60;

/** A part of the file in a message. */
export function quote(text: string): string {
  const line = oneLine(cut(text, maxQuoted + 1));
  return `"${lengthOf(line) > maxQuoted ? `${cut(line, maxQuoted - 1)}…` : line}"`;
}

/** Parts of a description, one below the other. */
export function joinLines(...parts: readonly (string | null | undefined)[]): string | null {
  const found = parts.filter((part) => part !== null && part !== undefined && part.trim() !== '');
  return found.length === 0 ? null : found.join('\n');
}
