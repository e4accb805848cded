/** Embedding, override and isolate characters: they could make the text after a title read backwards. */
const bidiControls = /[\u202a-\u202e\u2066-\u2069]/g;
/** Controls, and the line and paragraph separators. */
const breaks = /[\p{Cc}\p{Zl}\p{Zp}\s]+/gu;
const controlsInLine = /[^\P{Cc}\n]/gu;

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

const withoutBidiControls = (text: string) => text.toWellFormed().replaceAll(bidiControls, '');

/** Text of a user as one line, as a mail header needs it. */
export const cleanLine = (text: string, maxLength: number): string =>
  shorten(withoutBidiControls(text).replaceAll(breaks, ' ').trim(), maxLength);

/** Text of a user with its line breaks. */
export const cleanLines = (text: string, maxLength: number): string =>
  shorten(
    withoutBidiControls(text)
      .replaceAll(/\r\n?|[\u2028\u2029]/g, '\n')
      .replaceAll(controlsInLine, ' ')
      .replaceAll(/\n{3,}/g, '\n\n')
      .trim(),
    maxLength,
  );

/** Cuts between graphemes. The length is that of the string, in UTF-16. */
function shorten(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  let end = 0;
  for (const { index, segment } of graphemes.segment(text)) {
    if (index + segment.length > maxLength - 1) break;
    end = index + segment.length;
  }
  // One grapheme may have any number of combining marks.
  const kept = end === 0 ? text.slice(0, maxLength - 1).toWellFormed() : text.slice(0, end);
  return `${kept.trimEnd()}…`;
}

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** For the text of an element, and for an attribute in quotes. */
export const escapeHtml = (text: string): string => text.replaceAll(/[&<>"']/g, (one) => escapes[one] ?? '');
