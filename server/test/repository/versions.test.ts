import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
const manifest: { version: string; dependencies: { node: string } } = JSON.parse(read('server/package.json'));

test('the repository and the lock file have the version of the service', () => {
  const lock: { version: string; packages: Record<string, { version: string }> } = JSON.parse(
    read('package-lock.json'),
  );
  const { version }: { version: string } = JSON.parse(read('package.json'));
  const versions = [version, lock.version, lock.packages['']?.version, lock.packages.server?.version];
  expect(versions).toEqual(Array.from(versions, () => manifest.version));
});

test('the Node.js of package.json, .nvmrc and the devcontainer is the same, and runs the tests', () => {
  const pinned = manifest.dependencies.node;
  expect(read('.nvmrc')).toBe(`${pinned}\n`);
  expect(/^FROM node:(\S+)-bookworm$/m.exec(read('.devcontainer/Dockerfile'))?.[1]).toBe(pinned);
  expect(process.versions.node).toBe(pinned);
});

test('the devcontainer has the Debian packages that .ci/run installs', () => {
  const packagesOf = (text: string) =>
    /--no-install-recommends[\s\\]+((?:[a-z0-9-]+[\s\\]+)+)/
      .exec(text)?.[1]
      ?.match(/[a-z0-9-]+/g)
      ?.sort();
  const packages = packagesOf(read('.ci/run'));
  expect(packages).toContain('chromium');
  expect(packagesOf(read('.devcontainer/Dockerfile'))).toEqual(packages);
});

test('the changelog has a section for each release, the newest first, and [Unreleased] above them', () => {
  const headings = read('CHANGELOG.md').match(/^## .+$/gm) ?? [];
  const [unreleased, ...releases] = headings;
  expect(unreleased).toBe('## [Unreleased]');
  const parsed = releases.map((line) => /^## \[(\d+)\.(\d+)\.(\d+)\] - (\d{4}-\d{2}-\d{2})$/.exec(line));
  expect(parsed).not.toContain(null);
  expect(releases[0]).toContain(`[${manifest.version}]`);
  const versions = parsed.map((found) =>
    found
      ?.slice(1, 4)
      .map((part) => part.padStart(4, '0'))
      .join('.'),
  );
  expect(versions).toEqual([...versions].sort().reverse());
  const dates = parsed.map((found) => found?.[4]);
  expect(dates).toEqual([...dates].sort().reverse());
});

test('sections of the changelog are those of Keep a Changelog', () => {
  const allowed = ['Added', 'Changed', 'Deprecated', 'Removed', 'Fixed', 'Security'];
  const found = read('CHANGELOG.md').match(/(?<=^### ).+$/gm) ?? [];
  expect(found.length).toBeGreaterThan(0);
  expect(found.filter((name) => !allowed.includes(name))).toEqual([]);
});
