/**
 * Folding: search and the order of titles compare folded text. Folding runs in this process, so that every database
 * gives the same results, independent of its locale.
 */

/**
 * Stored with every folded text. Raise it whenever `fold` changes its result for any text. Then a migration must
 * recreate the indexes of rows to refold (`tasks_to_fold`, `tags_to_fold`) and `tasks_live_title`: a job refolds all
 * rows.
 */
export const foldVersion = 1;

const ascii = /^[\0-\x7f]*$/;

/** Hangul compatibility forms: decomposed, their single letters would join with their neighbours to syllables. */
const hangulForms = /[\u3131-\u318e\u3200-\u321e\u3260-\u327e\uffa0-\uffdc]/;
const otherThanHangulForms = /[^\u3131-\u318e\u3200-\u321e\u3260-\u327e\uffa0-\uffdc]+/g;

/** Accents on letters of these scripts. In other scripts marks are vowels, or make another letter. */
const accents = /[[\p{Script=Inherited}\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}]&&\p{M}]+/gv;
const endsInLetter = /[[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}]&&\p{L}]$/v;

/** Combining marks of no script, at the start of a text that was cut between a letter and its accent. */
const leadingMarks = /^[[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]&&\p{M}]+/v;

const breve = '\u0306';
const cherokeeSmall = /[\uab70-\uabbf\u13f8-\u13fd]/g;

/**
 * Unicode compatibility form (UAX #15, NFKC) and full case folding (CaseFolding.txt, C and F). Accents of Latin, Greek
 * and Cyrillic letters are removed, but the letters й and ў stay. Equivalent texts fold alike. A part of a text, cut
 * between graphemes, folds to a part of the folded text.
 */
export function fold(text: string): string {
  if (ascii.test(text)) return text.toLowerCase();
  const folded = foldCase(decompose(text)).replace(accents, marksToKeep);
  return folded.replace(leadingMarks, '').normalize('NFC');
}

const decompose = (text: string): string =>
  hangulForms.test(text)
    ? text.normalize('NFD').replace(otherThanHangulForms, (part) => part.normalize('NFKD'))
    : text.normalize('NFKD');

/** The marks that stay: all marks on letters of other scripts, and the breve of й and ў. */
function marksToKeep(marks: string, at: number, text: string): string {
  // Two UTF-16 units, as a letter may be a surrogate pair.
  const before = text.slice(Math.max(0, at - 2), at);
  if (!endsInLetter.test(before)) return marks;
  return /[иу]$/.test(before) && marks.includes(breve) ? breve : '';
}

/** Lower, then upper, then lower case equals full case folding, except for the letters named here. */
function foldCase(text: string): string {
  const folded = text.includes('ı') ? text.split('ı').map(lowerUpperLower).join('ı') : lowerUpperLower(text);
  return folded.replaceAll('ς', 'σ').replace(cherokeeSmall, (letter) => letter.toUpperCase());
}

const lowerUpperLower = (text: string): string => text.toLowerCase().toUpperCase().toLowerCase();

/**
 * Separates the folded title from the folded description. Neither contains it, because folding turns it into a space.
 */
export const searchTextSeparator = '\u00a0';

/** The text that searches scan. Titles are sorted by its part before the separator. */
export const searchTextOf = (title: string, description: string | null): string =>
  `${fold(title)}${searchTextSeparator}${fold(description ?? '')}`;
