import { collapse, type Token } from './tokens.ts';

/**
 * The text without the phrases that were understood, with single spaces. Punctuation after such a phrase moves to the
 * word before it, unless that has some. At the start of the title it is left out. So are commas, colons and dashes at
 * its end, which led to a phrase.
 * @param phrases ascending ranges of tokens
 */
export function titleOf(text: string, tokens: Token[], phrases: { first: number; last: number }[]): string {
  const kept: string[] = [];
  let moved = '';
  const addMoved = () => {
    const before = kept.at(-1);
    if (before !== undefined && !/[,;:.!?]$/.test(before)) kept[kept.length - 1] = before + moved;
    moved = '';
  };
  let next = 0;
  for (const { first, last } of phrases) {
    for (const token of tokens.slice(next, first)) {
      addMoved();
      kept.push(wordOf(text, token));
    }
    if (moved === '') moved = tokens[last]?.marks ?? '';
    next = last + 1;
  }
  for (const token of tokens.slice(next)) {
    addMoved();
    kept.push(wordOf(text, token));
  }
  if (/[.!?]$/.test(moved)) addMoved();
  if (phrases.at(-1)?.last === tokens.length - 1) dropLeadIn(kept);
  return kept.join(' ');
}

/** `Call Bob, tomorrow`, `Call Bob - tomorrow`. */
function dropLeadIn(kept: string[]): void {
  while (/^[-–—,;:]$/.test(kept.at(-1) ?? '')) kept.pop();
  const last = kept.pop();
  if (last !== undefined) kept.push(/[^,;:][,;:]$/.test(last) ? last.slice(0, -1) : last);
}

const wordOf = (text: string, { start, end, marks, isEscaped }: Token) =>
  collapse(text.slice(isEscaped ? start + 1 : start, end + marks.length));
