import { describe, expect, test } from 'vitest';
import { readZip } from '../../../src/import/formats/zip.ts';
import { ImportError } from '../../../src/import/model.ts';
import { bytesOf } from '../../support/import-formats.ts';
import { zipOf } from '../../support/zip.ts';

const all = () => true;
const mebibyte = 1_024 * 1_024;

test('files are unpacked, stored or deflated', () => {
  const archive = zipOf([
    { name: 'a.csv', data: bytesOf('one') },
    { name: 'b.csv', data: bytesOf('two'), stored: true },
    { name: 'c.txt', data: bytesOf('three') },
  ]);
  const files = readZip(archive, (name) => name.endsWith('.csv'));
  expect(files.map(({ name, data }) => [name, data.toString()])).toEqual([
    ['a.csv', 'one'],
    ['b.csv', 'two'],
  ]);
});

describe('refused is an archive', () => {
  const zeros = Buffer.alloc(20 * mebibyte);
  test.each([
    [
      'of more than 1,000 files',
      zipOf(Array.from({ length: 1_001 }, () => ({ name: 'a', data: bytesOf('') }))),
      /more than 1000 files/,
    ],
    ['that is packed too tightly', zipOf([{ name: 'a', data: zeros }]), /packed too tightly/],
    [
      'that says it is smaller than it is',
      zipOf([{ name: 'a', data: zeros, bytes: 1_000 }]),
      /cannot be unpacked/,
    ],
    [
      'of more than 50 MB',
      zipOf(Array.from({ length: 3 }, () => ({ name: 'a', data: zeros, stored: true }))),
      /more than 50 MB/,
    ],
    ['without its end', zipOf([{ name: 'a', data: bytesOf('text') }]).subarray(0, -10), /has no end/],
  ])('%s', (_, archive, message) => {
    expect(() => readZip(archive, all)).toThrow(ImportError);
    expect(() => readZip(archive, all)).toThrow(message);
  });

  test('whose bytes were changed', () => {
    const archive = zipOf([{ name: 'a', data: bytesOf('some text'), stored: true }]);
    archive[33] = 0;
    expect(() => readZip(archive, all)).toThrow(/cannot be unpacked/);
  });
});
