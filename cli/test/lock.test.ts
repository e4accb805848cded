import { execFile } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { afterTest } from '../../server/test/support/clean-up.ts';
import { temporaryDirectory } from '../../server/test/support/process.ts';
import { withLock } from '../src/store/lock.ts';
import { holdLock, pathOf } from './support/duly.ts';

const script = pathOf('test/fixtures/hold-lock.ts');

async function newDirectory(): Promise<string> {
  const { path, remove } = await temporaryDirectory();
  afterTest.push(remove);
  return path;
}

test('of many processes one at a time has the lock', async () => {
  const directory = await newDirectory();
  const count = join(directory, 'count');
  await writeFile(count, '0');
  const [processes, times] = [5, 20];
  const runs = Array.from({ length: processes }, () =>
    promisify(execFile)(process.execPath, [script, directory, 'count', String(times)]),
  );
  await Promise.all(runs);
  expect(Number(await readFile(count, 'utf8'))).toBe(processes * times);
  // The files of earlier holders are gone.
  expect((await readdir(directory)).sort()).toEqual(['count', `lock.${processes * times}`]);
});

test('a lock that is held is waited for so long, and its end with the process is noticed', async () => {
  const directory = await newDirectory();
  const holder = await holdLock(directory);
  await expect(withLock(directory, 200, async () => 'mine')).rejects.toThrow('Another duly is busy');
  const waiting = withLock(directory, 60_000, async () => 'mine');
  holder.kill('SIGKILL');
  expect(await waiting).toBe('mine');
});

test('another process with the number of the one that had the lock is not taken for it', async () => {
  const directory = await newDirectory();
  await writeFile(join(directory, 'lock.7'), `${process.pid} 1`);
  expect(await withLock(directory, 0, async () => 'mine')).toBe('mine');
});

test('a function that fails releases the lock', async () => {
  const directory = await newDirectory();
  const failing = withLock(directory, 0, async () => {
    throw new Error('no');
  });
  await expect(failing).rejects.toThrow('no');
  expect(await withLock(directory, 0, async () => 'mine')).toBe('mine');
});
