// What the bundle of the server is made from. Any Node.js runs it, so keep to the syntax of Node 14.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** The file beside the bundle that has the digest of what it was made from. */
export const digestName = 'inputs.sha256';

/** A digest of the names, sizes and times of all sources, and of the list of installed packages. */
export function digestInputs(root) {
  const digest = createHash('sha256');
  const add = (path) => {
    const { size, mtimeMs } = statSync(join(root, path));
    digest.update(`${path} ${size} ${mtimeMs}\n`);
  };
  const addFolder = (folder) => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true }))
      if (entry.isDirectory()) addFolder(`${folder}/${entry.name}`);
      else add(`${folder}/${entry.name}`);
  };
  for (const folder of ['server/src', 'quick-add/src']) addFolder(folder);
  for (const path of ['scripts/build.mjs', 'node_modules/.package-lock.json']) add(path);
  return digest.digest('hex');
}

/** Whether the bundle in `directory` is that of the sources as they are. */
export function isBuilt(root, directory) {
  try {
    return readFileSync(join(directory, digestName), 'utf8') === digestInputs(root);
  } catch {
    return false;
  }
}
