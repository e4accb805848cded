import pg from 'pg';

const dateOid = 1082;
const int8Oid = 20;
const textArrayOid: number = 1009;

const parseAnyTextArray = pg.types.getTypeParser(textArrayOid, 'text');

/** The driver's own parser goes character by character, which is slow for the tags of a list. */
function parseTextArray(text: string): unknown {
  // Quotes, nested arrays or NULL need the driver's parser.
  if (/["[\\]|NULL|[{].*[{]/i.test(text)) return parseAnyTextArray(text);
  return text === '{}' ? [] : text.slice(1, -1).split(',');
}

/**
 * Dates stay text, because a JS Date would shift them by time zone. int8 becomes bigint, because a number would round.
 */
export const typeParsers: pg.CustomTypesConfig = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    if (oid === dateOid) return String;
    if (oid === int8Oid) return BigInt;
    if (oid === textArrayOid) return parseTextArray;
    return pg.types.getTypeParser(oid, format === 'binary' ? 'binary' : 'text');
  },
};
