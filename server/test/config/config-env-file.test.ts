import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadEnvFile } from '../../src/config/env-file.ts';
import { StartError } from '../../src/platform/errors.ts';
import { afterTest } from '../support/clean-up.ts';

function envFile(content: string | Buffer): string {
  const directory = mkdtempSync(join(tmpdir(), 'duly-env-'));
  afterTest.push(() => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, '.env');
  writeFileSync(path, content);
  return path;
}

function loaded(content: string | Buffer, env: NodeJS.ProcessEnv = {}) {
  loadEnvFile(envFile(content), env);
  return env;
}

/** The lines of the error message, without the path. */
function refusal(path: string): string[] {
  const env: NodeJS.ProcessEnv = {};
  try {
    loadEnvFile(path, env);
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    expect(env).toEqual({});
    return error.message.split('\n').map((line) => line.replace(`${path}: `, ''));
  }
  throw new Error('this file was taken');
}

test.each([
  ['PORT=80', { PORT: '80' }],
  ['\u{feff}PORT=80', { PORT: '80' }],
  ['# comment\r\n\r\nPORT=80\r\n  HOST = ::1\r\n', { PORT: '80', HOST: '::1' }],
  ['export PORT=80', { PORT: '80' }],
  ['A="x # y"\nB=\'=\'\nC=z # comment\nD=', { A: 'x # y', B: '=', C: 'z', D: '' }],
  ['A="x" # comment', { A: 'x' }],
  ['A="first\nsecond line\nthird"\nB=1', { A: 'first\nsecond line\nthird', B: '1' }],
  ['', {}],
])('%j is read', (content, env) => {
  expect(loaded(content)).toEqual(env);
});

test('a variable of the environment wins over the file', () => {
  expect(loaded('PORT=80\nHOST=::1', { PORT: '90' })).toEqual({ PORT: '90', HOST: '::1' });
});

const wants = 'wants lines NAME=value, comments that begin with #, or no file';

test('lines that are no assignments are named by number, all at once, and not shown', () => {
  const path = envFile('PORT=80\nhunter2\n\n# fine\n=5\n9X=1\nA: 5\n');
  expect(refusal(path)).toEqual(
    [2, 5, 6, 7].map((line) => `got line ${line}, which is no assignment, ${wants}`),
  );
});

test('a quote that does not end is named by the line it begins in', () => {
  expect(refusal(envFile('A=1\nSECRET="hunter2\nB=2\n'))).toEqual([
    `got line 2, whose quote does not end, ${wants}`,
  ]);
});

test.each([
  ["A='abc\nNODE_ENV='production'\nC=3\n", 2],
  ['A="x"y', 1],
  ['A="x" "y"', 1],
  ['A=1\nB="x\ny"z\n', 3],
])('%j has text after a quote, which would be lost', (content, line) => {
  expect(refusal(envFile(content))).toEqual([`got line ${line}, which has text after a quote, ${wants}`]);
});

test('a carriage return alone ends no line', () => {
  expect(refusal(envFile('A=1\rB=2\r'))).toEqual([`got line 1, which is no assignment, ${wants}`]);
});

test.each([
  ['UTF-16', Buffer.from('\u{feff}PORT=80\n', 'utf16le')],
  ['UTF-16 without a mark', Buffer.from('PORT=80\n', 'utf16le')],
  ['Latin-1', Buffer.from('NAME=Zoë\n', 'latin1')],
  ['something with a NUL', Buffer.from('PORT=80\0\n')],
])('%s is refused as such', (_encoding, content) => {
  expect(refusal(envFile(content))).toEqual([`got a file that is not in UTF-8, ${wants}`]);
});

test('a directory of that name is refused, no file is no setting', () => {
  const path = envFile('');
  rmSync(path);
  const env = {};
  loadEnvFile(path, env);
  expect(env).toEqual({});
  mkdirSync(path);
  expect(refusal(path)).toEqual([`got a file that cannot be read (EISDIR), ${wants}`]);
});
