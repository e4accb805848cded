/** Characters that a terminal would obey, or that turn the direction of what follows. */
const unsafe = /[\p{Cc}\u200e\u200f\u2028-\u202e\u2066-\u2069]+/gu;

/** One line that cannot change the terminal. */
export const safe = (text: string): string => text.replaceAll(unsafe, ' ');

const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/;

/** A letter with its marks, or an emoji with its parts, is one. */
const charactersOf = (text: string): string[] =>
  Array.from(new Intl.Segmenter().segment(text), ({ segment }) => segment);

const isAscii = (text: string): boolean => /^[ -~]*$/.test(text);
const isWide = (character: string): boolean =>
  wide.test(character) || /\p{Emoji_Presentation}|\ufe0f|[\u{20000}-\u{3fffd}]/u.test(character);

/** Columns on a terminal. */
export const widthOf = (text: string): number =>
  isAscii(text) ? text.length : charactersOf(text).reduce((sum, one) => sum + (isWide(one) ? 2 : 1), 0);

/** At most so many columns, with an ellipsis if something is left out. */
export function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let kept = '';
  let used = 1;
  for (const character of charactersOf(text)) {
    used += isWide(character) ? 2 : 1;
    if (used > width) break;
    kept += character;
  }
  return `${kept.trimEnd()}…`;
}

export const padTo = (text: string, width: number): string =>
  text + ' '.repeat(Math.max(0, width - widthOf(text)));

const codes = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 };
export type Style = keyof typeof codes;

interface Terminal {
  isTTY?: boolean;
}

/** Colours are for people only: https://no-color.org */
const hasColours = ({ isTTY }: Terminal): boolean =>
  isTTY === true && !process.env.NO_COLOR && process.env.TERM !== 'dumb';

export const styled = (style: Style | null, text: string, stream: Terminal = process.stdout): string =>
  style !== null && hasColours(stream) ? `\u001b[${codes[style]}m${text}\u001b[0m` : text;

/** The width of the terminal; infinite without a terminal: lines are not cut then. */
export const columns = (): number =>
  process.stdout.isTTY ? process.stdout.columns || 80 : Number.POSITIVE_INFINITY;
