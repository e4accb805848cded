// Builds the web app into `web/dist`, unless its sources are those of the build that is there.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { packageBuild } from './package.mjs';

const web = dirname(dirname(fileURLToPath(import.meta.url)));
const root = dirname(web);
const sources = [
  'web/{pages,src,styles,scripts}/**/*',
  'web/{next.config.mjs,package.json,tsconfig.json}',
  'client/src/**/*.ts',
  'quick-add/src/*.ts',
];

/** A digest of everything that the build is made of, versions of packages included. */
function digestOfSources() {
  const digest = createHash('sha256').update(readFileSync(join(root, 'package-lock.json')));
  const files = sources.flatMap((pattern) => globSync(pattern, { cwd: root, withFileTypes: true }));
  const paths = files.filter((file) => file.isFile()).map((file) => join(file.parentPath, file.name));
  for (const path of paths.sort()) digest.update(path.slice(root.length)).update(readFileSync(path));
  return digest.digest('hex');
}

function isBuilt(sourceDigest) {
  const list = join(web, 'dist', 'files.json');
  return existsSync(list) && JSON.parse(readFileSync(list, 'utf8')).sourceDigest === sourceDigest;
}

const lock = join(web, '.building');
const pollMs = 200;

const isRunning = (pid) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** Next.js refuses a second build beside the first one: waits for that of another process, unless it was killed. */
async function waitForLock() {
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
      return;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const pid = existsSync(lock) ? Number(readFileSync(lock, 'utf8')) : 0;
    if (pid > 0 && !isRunning(pid)) rmSync(lock, { force: true });
    else await sleep(pollMs);
  }
}

/** @returns the exit code of Next.js */
function build(sourceDigest) {
  process.stderr.write('Building the web app (about half a minute)…\n');
  const next = createRequire(join(web, 'package.json')).resolve('next/dist/bin/next');
  const { status, stdout, stderr } = spawnSync(process.execPath, [next, 'build'], {
    cwd: web,
    env: { ...process.env, NEXT_TELEMETRY_DISABLED: '1', NODE_ENV: 'production' },
    encoding: 'utf8',
  });
  if (status === 0) packageBuild({ from: join(web, 'out'), to: join(web, 'dist'), sourceDigest });
  else process.stderr.write(`${stdout}${stderr}`);
  return status ?? 1;
}

const sourceDigest = digestOfSources();
await waitForLock();
try {
  if (!isBuilt(sourceDigest)) process.exitCode = build(sourceDigest);
} finally {
  rmSync(lock, { force: true });
}
