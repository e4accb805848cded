import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { listBackups, removeUnfinished } from '../../src/backup/target.ts';
import { createDirectoryStore } from '../../src/stores/directory-store.ts';
import { afterTest } from '../support/clean-up.ts';

test('whatever a killed backup left in a directory is removed, and nothing else', async () => {
  const root = mkdtempSync(join(tmpdir(), 'duly-target-'));
  afterTest.push(() => rmSync(root, { recursive: true, force: true }));
  const store = createDirectoryStore(root);
  const write = (...path: string[]) => {
    mkdirSync(join(root, 'base', ...path.slice(0, -1)), { recursive: true });
    writeFileSync(join(root, 'base', ...path), '');
  };
  const name = (hour: number) => `20261128T0${hour}0000Z-abcd`;
  write(name(1), 'manifest.json');
  write(name(1), 'data.tar.zst');
  mkdirSync(join(root, 'base', name(2)));
  write(name(3), 'data.tar.zst');
  write(name(3), 'manifest.json.new-99999999');
  write(`${name(4)}.new-99999999`, 'manifest.json');
  write('of-the-operator', 'notes.txt');
  expect(await store.list('wal/')).toEqual([]);
  await removeUnfinished(store);
  expect(readdirSync(join(root, 'base')).sort()).toEqual([name(1), 'of-the-operator']);
  const damaged: string[] = [];
  expect(await listBackups(store, (reason) => damaged.push(reason))).toEqual([]);
  expect(damaged).toEqual([expect.stringContaining(`${name(1)}/manifest.json cannot be read`)]);
  expect(await store.list(`base/${name(1)}/`)).toHaveLength(2);
});

test('a directory that is missing is a fault, not an empty target', async () => {
  const store = createDirectoryStore(join(tmpdir(), 'duly-never-mounted'));
  await expect(store.list('wal/')).rejects.toThrow('ENOENT');
  await expect(store.write('mark', Buffer.from(''))).rejects.toThrow('ENOENT');
  await expect(store.write('base/a/b', Buffer.from(''))).rejects.toThrow('ENOENT');
});
