import { fold } from '../platform/folding.ts';

/** The `like` pattern for texts that contain `text` literally. */
export function likePattern(text: string): string {
  return `%${text.replace(/[\\%_]/g, '\\$&')}%`;
}

/** The pattern for folded texts; null, which nothing is like, when the text folds to nothing. */
export function foldedLikePattern(text: string): string | null {
  const folded = fold(text);
  return folded === '' ? null : likePattern(folded);
}
