import { fold } from '../platform/folding.ts';

/** A `like` pattern that matches texts with `text` in them; `%`, `_` and `\` are ordinary characters. */
export function likePattern(text: string): string {
  return `%${text.replace(/[\\%_]/g, '\\$&')}%`;
}

/** `likePattern` for folded texts. Null if the text folds to nothing: `like null` matches no row. */
export function foldedLikePattern(text: string): string | null {
  const folded = fold(text);
  return folded === '' ? null : likePattern(folded);
}
