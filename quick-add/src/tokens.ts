import { knownWords, months, weekdays } from './vocabulary.ts';

/** A word, a quotation, or a quoted name such as `#"Two words"`. */
export interface Token {
  start: number;
  /** Without the punctuation marks after it. */
  end: number;
  /** The punctuation marks after it. */
  marks: string;
  /** In lower case; empty for what stays text: quotations and escaped words. */
  word: string;
  /** The name after `#` or `@`. */
  label: { sigil: '#' | '@'; name: string } | null;
  /** Begins with a backslash that is not part of the title. */
  isEscaped: boolean;
}

const closingQuotes = new Map([
  ['"', '"'],
  ['“', '”'],
]);
const isSpace = (text: string, at: number) => /\s/.test(text.charAt(at));
const isMark = (text: string, at: number) => ',;:.!?'.includes(text.charAt(at));
/** Of names without quotes. The first character is a letter, so that `#42` and `@5pm` stay text. */
const labelName = /^\p{L}[\p{L}\p{M}\p{N}_/.&+'’-]*$/u;
const maxNameLength = 100;

/** Splits at white space, in one pass. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  // A closing quote that was not found once is not looked for again.
  const missing = new Set<string>();
  for (let at = 0; at < text.length; ) {
    if (isSpace(text, at)) {
      at++;
      continue;
    }
    const token = quotation(text, at, missing) ?? plainWord(text, at);
    tokens.push(token);
    at = token.end + token.marks.length;
  }
  return tokens;
}

/** `"…"`, `#"…"` or `@"…"`, up to white space or punctuation. */
function quotation(text: string, start: number, missing: Set<string>): Token | null {
  const first = text.charAt(start);
  const sigil = first === '#' || first === '@' ? first : null;
  const open = sigil === null ? start : start + 1;
  const closing = closingQuotes.get(text.charAt(open));
  if (closing === undefined || missing.has(closing)) return null;
  const close = text.indexOf(closing, open + 1);
  if (close < 0) {
    missing.add(closing);
    return null;
  }
  const end = close + 1;
  const marks = marksAt(text, end);
  const after = end + marks.length;
  if (after < text.length && !isSpace(text, after)) return null;
  const name = collapse(text.slice(open + 1, close));
  const isName = sigil !== null && name !== '' && name.length <= maxNameLength;
  return { start, end, marks, word: '', label: isName ? { sigil, name } : null, isEscaped: false };
}

function plainWord(text: string, start: number): Token {
  let after = start;
  while (after < text.length && !isSpace(text, after)) after++;
  let end = after;
  while (end > start && isMark(text, end - 1)) end--;
  const core = text.slice(start, end);
  const word = core.toLowerCase();
  // The stop after "dec." and "a.m." belongs to the word.
  if (text.charAt(end) === '.' && isAbbreviation(word)) end++;
  const isEscaped = core.startsWith('\\') && isKnown(text.slice(start + 1, end));
  const name = core.slice(1);
  const isLabel = /^[#@]/.test(core) && name.length <= maxNameLength && labelName.test(name);
  return {
    start,
    end,
    marks: text.slice(end, after),
    word: isEscaped ? '' : word,
    label: isLabel ? { sigil: core.startsWith('#') ? '#' : '@', name } : null,
    isEscaped,
  };
}

function marksAt(text: string, start: number): string {
  let end = start;
  while (end < text.length && isMark(text, end)) end++;
  return text.slice(start, end);
}

const isAbbreviation = (word: string) =>
  (word.length <= 5 && (weekdays.has(word) || months.has(word))) || /^\d{0,2}[:.]?\d{0,2}[ap]\.m$/.test(word);

const isKnown = (rest: string) => /^(?:[#@!"“]|\d)./su.test(`${rest} `) || knownWords.has(rest.toLowerCase());

/** White space becomes single spaces, and none at the ends. */
export const collapse = (text: string): string => text.split(/\s+/).filter(Boolean).join(' ');

export type Words = ReturnType<typeof createWords>;

/** The tokens as matchers see them. `-1` is nowhere: it has no word, and nothing comes after it. */
export function createWords(tokens: Token[]) {
  let steps = 0;
  return {
    /** How often a matcher looked at a token. */
    get steps() {
      return steps;
    },
    word(at: number): string {
      steps++;
      return tokens[at]?.word ?? '';
    },
    /** The next index, or -1 if other punctuation than `allowed` separates it. */
    after(at: number, allowed: '' | ',' = ''): number {
      steps++;
      const token = tokens[at];
      return token !== undefined && (token.marks === '' || token.marks === allowed) ? at + 1 : -1;
    },
    hasComma: (at: number): boolean => tokens[at]?.marks === ',',
    /** Whether the text ends after it, or the next token is a label, a priority or after punctuation. */
    endsPhrase(at: number): boolean {
      steps++;
      const [token, next] = [tokens[at], tokens[at + 1]];
      if (token === undefined || next === undefined || token.marks !== '') return true;
      return next.label !== null || /^!(?:high|medium|low)$/.test(next.word);
    },
  };
}
