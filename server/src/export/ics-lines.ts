/** A line has at most 75 octets (RFC 5545 §3.1); the space of a continuation is one of them. */
const maxOctets = 75;

/** A content line, folded between characters, with its line break. */
export function foldLine(line: string): string {
  if (line.length * 3 <= maxOctets || Buffer.byteLength(line) <= maxOctets) return `${line}\r\n`;
  const lines: string[] = [];
  let current = '';
  let octets = 0;
  for (const char of line) {
    const size = Buffer.byteLength(char);
    if (octets + size > maxOctets) {
      lines.push(current);
      current = ' ';
      octets = 1;
    }
    current += char;
    octets += size;
  }
  return `${[...lines, current].join('\r\n')}\r\n`;
}

/** Control characters but line breaks and tabs, which no text may contain (RFC 5545 §3.3.11). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what has to go
const control = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g;

/** A value of type TEXT (RFC 5545 §3.3.11). */
export const icsText = (text: string): string =>
  text
    .replaceAll(control, '')
    .replaceAll(/[\\;,]/g, (char) => `\\${char}`)
    .replaceAll(/\r\n|\r|\n/g, '\\n');

/** `20261128` of `2026-11-28`. */
export const icsDate = (date: string): string => date.replaceAll('-', '');

/** `20261128T093000` of a date and `09:30`. */
export const icsLocalTime = (date: string, time: string): string =>
  `${icsDate(date)}T${time.replace(':', '')}00`;

/** `20261128T083000Z` of an instant in ISO 8601. */
export const icsInstant = (iso: string): string => `${iso.slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
