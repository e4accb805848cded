import { tokenize } from './tokens.ts';

/**
 * Writes the name of a project (`#`) or tag (`@`) as a text has it: `#Home`, `#"Two words"`.
 * @returns null for a name that no text can give, such as one of two lines
 */
export function writeName(sigil: '#' | '@', name: string): string | null {
  const ways = [sigil + name, `${sigil}"${name}"`, `${sigil}“${name}”`];
  return ways.find((way) => isNameAlone(way, name)) ?? null;
}

function isNameAlone(text: string, name: string): boolean {
  const [token, ...others] = tokenize(text);
  return others.length === 0 && token?.label?.name === name && token.end === text.length;
}

/** The beginning of a name, as it is being typed. */
export interface NameStart {
  sigil: '#' | '@';
  /** Where the sigil is, in UTF-16 units. */
  start: number;
  /** What is typed of the name; empty after the sigil alone. */
  typed: string;
}

/** The name that ends at the end of the text and may go on; null where none does. */
export function findNameStart(text: string): NameStart | null {
  const match = /(?<=^|\s)([#@])(?:["“]([^"”]*)|(\p{L}[^\s"“”]*)?)$/u.exec(text);
  if (match === null) return null;
  const [, sigil, quoted, plain] = match;
  return { sigil: sigil === '#' ? '#' : '@', start: match.index, typed: quoted ?? plain ?? '' };
}
