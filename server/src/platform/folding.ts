/**
 * Folding: what search and the order of titles compare. It is ours, and in the process, so that every database gives
 * the same answers whatever its locale.
 */

/**
 * Stored with every folded text. Raise it whenever `fold` gives another text for anything, with a migration that makes
 * the indexes of rows to be refolded anew (`tasks_to_fold`, `tags_to_fold`): a job then folds all rows again.
 */
export const foldVersion = 1;

const ascii = /^[\0-\x7f]*$/;

/**
 * Hangul that only looks like other Hangul: taken apart, single letters would join to syllables with their neighbours.
 */
const hangulForms = /[\u3131-\u318e\u3200-\u321e\u3260-\u327e\uffa0-\uffdc]/;
const otherThanHangulForms = /[^\u3131-\u318e\u3200-\u321e\u3260-\u327e\uffa0-\uffdc]+/g;

/** Marks that are accents on a letter of these scripts; marks of other scripts are vowels, or make another letter. */
const accents = /[[\p{Script=Inherited}\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}]&&\p{M}]+/gv;
const endsInLetter = /[[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}]&&\p{L}]$/v;

/** Combining marks of no script, at the beginning: a text that was cut between a letter and its accent. */
const leadingMarks = /^[[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]&&\p{M}]+/v;

const breve = '\u0306';
const cherokeeSmall = /[\uab70-\uabbf\u13f8-\u13fd]/g;

/**
 * Unicode's compatibility form (UAX #15, NFKC) with full case folding (CaseFolding.txt, C and F), and without the
 * accents of Latin, Greek and Cyrillic letters; й and ў are letters of their own. Equivalent texts give the same one,
 * and a part of a text, cut between graphemes, gives a part of what the text gives.
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

/** What stays of marks: all on other letters, the breve that makes й and ў. */
function marksToKeep(marks: string, at: number, text: string): string {
  // Two units, as a letter may be a pair of surrogates.
  const before = text.slice(Math.max(0, at - 2), at);
  if (!endsInLetter.test(before)) return marks;
  return /[иу]$/.test(before) && marks.includes(breve) ? breve : '';
}

/** Lower, upper and lower case one after the other are full case folding, but for what is named here. */
function foldCase(text: string): string {
  const folded = text.includes('ı') ? text.split('ı').map(lowerUpperLower).join('ı') : lowerUpperLower(text);
  return folded.replaceAll('ς', 'σ').replace(cherokeeSmall, (letter) => letter.toUpperCase());
}

const lowerUpperLower = (text: string): string => text.toLowerCase().toUpperCase().toLowerCase();

/** Between the folded title and the folded description: folding makes a space of it, so neither has one. */
export const searchTextSeparator = '\u00a0';

/** What searches look through, and, up to the separator, what titles are ordered by. */
export const searchTextOf = (title: string, description: string | null): string =>
  `${fold(title)}${searchTextSeparator}${fold(description ?? '')}`;
