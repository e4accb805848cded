import { parseQuickAdd } from '@duly/quick-add';
import { describe, expect, test } from 'vitest';
import { readSentences } from '../support/quick-add.ts';

const sentences = readSentences();

test('the table has 200 sentences at least', () => {
  expect(sentences.length).toBeGreaterThan(200);
});

describe('what is understood of', () => {
  test.each(sentences)('$name', ({ text, now, expected }) => {
    expect(parseQuickAdd(text, { now })).toEqual(expected);
  });
});
