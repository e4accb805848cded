import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { fold, foldVersion, searchTextOf, searchTextSeparator } from '../../src/platform/folding.ts';
import { type Random, seeded } from '../support/random.ts';

const hex = (text: string) => Array.from(text, (one) => one.codePointAt(0)?.toString(16)).join(' ');
const number = (text = '') => Number.parseInt(text, 16);

/** The code points with any kind of mapping. All others are ideographs. */
const ranges = [
  [0x1, 0xd800],
  [0xe000, 0x20000],
  [0x2f800, 0x2fa20],
  [0xe0000, 0xe0200],
] as const;
const characters = ranges.flatMap(([from, to]) =>
  Array.from({ length: to - from }, (_, index) => String.fromCodePoint(from + index)),
);

/** The case folding of each code point by Unicode's table. `test/fixtures/case-folding.txt` names the source. */
async function readCaseFolding(): Promise<Map<string, string>> {
  const text = await readFile(new URL('../fixtures/case-folding.txt', import.meta.url), 'utf8');
  const words = text.replaceAll(/^#.*$/gm, '').split(/\s+/).filter(Boolean);
  const table = new Map<string, string>();
  for (const word of words) {
    const [, from, to = from, step = '1', sign, offset, codes] =
      /^([0-9a-f]+)(?:-([0-9a-f]+))?(?:\/(\d+))?(?::(-?)([0-9a-f]+)|=([0-9a-f,]+))$/.exec(word) ??
      expect.fail(word);
    if (codes !== undefined)
      table.set(String.fromCodePoint(number(from)), String.fromCodePoint(...codes.split(',').map(number)));
    else
      for (let point = number(from); point <= number(to); point += Number(step))
        table.set(
          String.fromCodePoint(point),
          String.fromCodePoint(point + number(offset) * (sign === '-' ? -1 : 1)),
        );
  }
  return table;
}

/** Compatibility forms of Hangul are not folded. */
const hangulForm = /[\u3131-\u318e\u3200-\u321e\u3260-\u327e\uffa0-\uffdc]/;
const bareLetter = /^[[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}]&&\p{L}]/v;

test('every character folds as CaseFolding.txt and the compatibility form have it', async () => {
  const table = await readCaseFolding();
  expect(table.size).toBe(1481 + 104);
  const wrong = characters.filter((character) => {
    if (hangulForm.test(character)) return fold(character) !== character;
    const parts = Array.from(character.normalize('NFKD'), (part) => table.get(part) ?? part).join('');
    const letter = parts.normalize('NFC');
    const plain = bareLetter.test(parts) && !/^[йў]$/.test(letter) ? parts.replaceAll(/\p{M}/gu, '') : letter;
    const isMark = /^\p{M}+$/u.test(parts);
    return fold(character) !== plain && !(isMark && fold(character) === '');
  });
  expect(wrong.map(hex)).toEqual([]);
});

test('another version of Unicode, or another folding, is another version of the folding', () => {
  // If the hash differs: raise `foldVersion`, recreate the indexes `…_to_fold` in a migration, and only then change the
  // hash here.
  const hash = createHash('sha256')
    .update(JSON.stringify(characters.map(fold)))
    .digest('base64url');
  expect([foldVersion, hash.slice(0, 16)]).toEqual([1, 'rYTkl8AoV-352fJn']);
});

test.each([
  ['Straße', 'strasse'],
  ['ẞ', 'ss'],
  ['ΟΔΥΣΣΕΥΣ', 'οδυσσευσ'],
  ['Ὀδυσσεύς', 'οδυσσευσ'],
  ['ᾳ', 'αι'],
  ['İstanbul', 'istanbul'],
  ['ısı', 'ısı'],
  ['ŉ', 'ʼn'],
  ['ﬁn eﬃcient', 'fin efficient'],
  ['ＡＢＣ ｶﾞ ①', 'abc ガ 1'],
  ['Café', 'cafe'],
  ['Cafe\u0301', 'cafe'],
  ['Ǭ\u0323\u0301', 'o'],
  ['Tiếng Việt', 'tieng viet'],
  ['Ёлка Її Ѓ', 'елка іі г'],
  ['Й и Ў у', 'й и ў у'],
  ['и\u0301\u0306 у\u0323\u0306', 'й ў'],
  ['Łódź Øre Đ Ħ Ŧ', 'łodz øre đ ħ ŧ'],
  ['हिन्दी क़', 'हिन्दी क\u093c'],
  ['がぎ パ', 'がぎ パ'],
  ['か\u3099', 'が'],
  ['مُحَمَّد', 'مُحَمَّد'.normalize('NFC')],
  ['שָׁלוֹם', 'שָׁלוֹם'.normalize('NFC')],
  ['น้ำ', 'น้\u0e4d\u0e32'.normalize('NFC')],
  ['한국어 ㅋㅠ', '한국어 ㅋㅠ'],
  ['Ꭰ ꭰ', 'Ꭰ Ꭰ'],
  ['😀 ½ ™ …', '😀 1⁄2 tm ...'],
  ['\u0301', ''],
  ['\u0301\u0308école', 'ecole'],
  ['7\u0301', '7\u0301'],
  [`a${searchTextSeparator}b`, 'a b'],
])('%s folds to %s', (text, folded) => {
  expect(fold(text)).toBe(folded);
});

const special = [
  ...'ıİßẞſσςΣΐŉﬃﬁйўёеиуαᾳが゙ｶﾞｱ하ㅏㅋㅠ가각ᄀ़कािᆨ👨 ㉠´¨',
  '\u0301',
  '\u0345',
  '\u0306',
  '\u3099',
  '\u034f',
  '\u200d',
];
const marks = characters.filter((character) => /\p{M}/u.test(character));
const mapped = characters.filter(
  (one) => one.normalize('NFKD') !== one || one.toLowerCase() !== one.toUpperCase(),
);

const randomText = (random: Random) =>
  Array.from({ length: 1 + random.below(6) }, () =>
    random.pick(random.pick([characters, marks, mapped, special, special])),
  ).join('');

test('of 20,000 random texts: folding twice changes nothing, equivalent ones fold alike, a part stays a part', () => {
  const random = seeded(12);
  const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });
  for (let round = 0; round < 20_000; round += 1) {
    const text = randomText(random);
    const folded = fold(text);
    expect(fold(folded), hex(text)).toBe(folded);
    for (const form of ['NFC', 'NFD'])
      expect(fold(text.normalize(form)), `${form} of ${hex(text)}`).toBe(folded);
    const parts = Array.from(graphemes.segment(text), ({ segment }) => segment);
    const from = random.below(parts.length);
    const part = parts.slice(from, from + 1 + random.below(parts.length - from)).join('');
    expect(folded.includes(fold(part)), `${hex(part)} in ${hex(text)}`).toBe(true);
    expect(folded).not.toContain(searchTextSeparator);
  }
});

test('a title and a description are apart, and each is folded by itself', () => {
  expect(searchTextOf('É\nB', '\u0301Ç')).toBe(`e\nb${searchTextSeparator}c`);
  expect(searchTextOf('a', null)).toBe(`a${searchTextSeparator}`);
});
