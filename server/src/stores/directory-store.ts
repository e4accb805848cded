import { createReadStream, mkdirSync, rmdirSync, rmSync, statfsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { hasCode, removeAbandoned, renameOnce, syncDirectory, writeSyncedStream } from '../platform/files.ts';
import type { Store } from './store.ts';

/**
 * A store in a directory, which has to exist. It is not created: it is missing where its disk is not mounted, and the
 * disk below would fill.
 */
export function createDirectoryStore(root: string): Store {
  function makeParents(name: string): void {
    const parent = dirname(name);
    if (parent === '.') return;
    makeParents(parent);
    try {
      mkdirSync(join(root, parent), { mode: 0o700 });
      syncDirectory(dirname(join(root, parent)));
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) throw error;
    }
  }

  async function* walk(folder: string): AsyncGenerator<string> {
    const entries = await entriesOf(join(root, folder), folder === '');
    if (entries?.length === 0 && folder !== '') yield `${folder}/`;
    for (const entry of entries ?? []) {
      const name = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) yield* walk(name);
      else yield name;
    }
  }

  return {
    location: root,
    async list(prefix) {
      const folder = dirname(`${prefix}x`);
      // That a folder is missing says nothing while the directory is.
      await readdir(root);
      const names: string[] = [];
      for await (const name of walk(folder === '.' ? '' : folder))
        if (name.startsWith(prefix)) names.push(name);
      return names.sort();
    },
    async read(name) {
      try {
        return await readFile(join(root, name));
      } catch (error) {
        if (hasCode(error, 'ENOENT')) return null;
        throw error;
      }
    },
    async write(name, content) {
      const path = join(root, name);
      const temporary = `${path}.new-${process.pid}`;
      makeParents(name);
      removeAbandoned(dirname(path), basename(path));
      await writeSyncedStream(temporary, [content]);
      renameOnce(temporary, path);
    },
    async writeStream(name, chunks) {
      makeParents(name);
      await writeSyncedStream(join(root, name), chunks);
      syncDirectory(dirname(join(root, name)));
    },
    readStream: (name) => createReadStream(join(root, name), { highWaterMark: 2 ** 18 }),
    async remove(names) {
      const files = names.filter((name) => !name.endsWith('/'));
      for (const name of files) rmSync(join(root, name), { force: true });
      for (const folder of new Set(names.map((name) => dirname(`${name}x`))))
        if (folder !== '.') removeIfEmpty(join(root, folder));
    },
    freeBytes() {
      const { bavail, bsize } = statfsSync(root);
      return bavail * bsize;
    },
  };
}

/** @returns null if there is no such directory */
async function entriesOf(path: string, mustExist: boolean) {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (error) {
    // It was removed meanwhile, or was never there.
    if (!mustExist && hasCode(error, 'ENOENT', 'ENOTDIR')) return null;
    throw error;
  }
}

function removeIfEmpty(directory: string): void {
  try {
    rmdirSync(directory);
    syncDirectory(dirname(directory));
  } catch (error) {
    if (!hasCode(error, 'ENOTEMPTY', 'EEXIST', 'ENOENT')) throw error;
  }
}
