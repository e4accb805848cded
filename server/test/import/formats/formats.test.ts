import { describe, expect, test } from 'vitest';
import { findFormat, importFormats } from '../../../src/import/formats/formats.ts';
import { bytesOf } from '../../support/import-formats.ts';
import { importSamples } from '../../support/import-samples.ts';

test('every format has a sample and a name of its own', () => {
  const names = importFormats.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(importSamples.map(({ format }) => format).sort()).toEqual([...names].sort());
});

describe('a file is recognised by its content, with or without a name', () => {
  test.each(importSamples)('$format', ({ format, fileName, file }) => {
    expect(findFormat(file, fileName)?.name).toBe(format);
    expect(findFormat(file, '')?.name).toBe(format);
  });

  test.each(importSamples.filter(({ format }) => !format.endsWith('zip')))(
    '$format in UTF-16',
    ({ format, file }) => {
      const utf16 = Buffer.from(`\ufeff${file.toString()}`, 'utf16le');
      expect(findFormat(utf16, '')?.name).toBe(format);
    },
  );
});

test.each([
  ['nothing', ''],
  ['a text of other lines', 'Dear Ada,\nthank you for the book.\n'],
  ['an image', '\x89PNG\r\n\x1a\n\0\0\0'],
  ['the export document', '{"format":"duly-export","version":1,\n"tasks": [\n{"id":"a","title":"b"}]}'],
  ['other JSON', '{"name": "a", "version": 1}'],
])('%s is not recognised', (_, text) => {
  expect(findFormat(bytesOf(text), '')).toBeUndefined();
});

test('a file named .txt is todo.txt, whatever its lines', () => {
  expect(findFormat(bytesOf('Buy milk\nBuy bread\n'), 'list.txt')?.name).toBe('todo-txt');
});
