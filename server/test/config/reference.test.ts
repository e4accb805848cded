import { expect, test } from 'vitest';
import { type Config, readConfig } from '../../src/config/config.ts';
import { StartError } from '../../src/platform/errors.ts';
import { codeSpansOf, read } from '../support/sources.ts';

/** The reference names every setting (`documents.test.ts`). Here its defaults and ranges are those of the code. */
const rows = [
  ...(await read('docs/operations/configuration.md')).matchAll(/^\| (`[A-Z].*?) \| (.*?) \| (.*) \|$/gm),
].map(([, names = '', defaults = '', meaning = '']) => ({ names: codeSpansOf(names), defaults, meaning }));

const base = { BETTER_AUTH_SECRET: 'Vb7#kQ2-xT9mLw4.Zr8pNs3_Hd6yGf1u' };

function readWith(name: string, value: string): Config | string {
  try {
    return readConfig({ ...base, [name]: value });
  } catch (error) {
    if (error instanceof StartError) return error.message;
    throw error;
  }
}

/** A default that depends on another setting is no value. */
const settled = rows
  .flatMap(({ names, defaults }) => {
    const values = codeSpansOf(defaults);
    const isPlain =
      values.length === names.length && defaults.replaceAll(/`[^`]*`/g, '') === ', '.repeat(names.length - 1);
    return isPlain ? names.map((name, index) => [name, values[index] ?? ''] as const) : [];
  })
  .filter(([, value]) => !/DATA_DIR|PORT/.test(value));

test.each(settled)('%s is %s by default', (name, value) => {
  expect(readWith(name, value)).toEqual(readConfig(base));
});

const numbers = rows.flatMap(({ names, meaning }) =>
  names.flatMap((name) => {
    const refusal = readWith(name, 'x');
    const found = typeof refusal === 'string' && /wants a whole number from (\d+) to (\d+)$/.exec(refusal);
    return found ? [[name, Number(found[1]), Number(found[2]), meaning] as const] : [];
  }),
);
/** A port is a port, and of the pool the sum counts. */
const withoutRange = ['PORT', 'DATABASE_POOL_SIZE', 'DATABASE_POOL_OVERFLOW'];

test.each(numbers.filter(([name]) => !withoutRange.includes(name)))(
  '%s has the range from %i to %i in the reference',
  (_name, min, max, meaning) => {
    expect(meaning).toContain(`${min} to ${max}`);
  },
);

test('the reference has many defaults and ranges', () => {
  expect(settled.length).toBeGreaterThan(20);
  expect(numbers.length).toBeGreaterThan(14);
});
