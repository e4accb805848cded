import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { read, root } from '../support/sources.ts';

interface Sbom {
  bomFormat: string;
  specVersion: string;
  components: { name: string; version: string; purl: string }[];
}
interface LockedPackage {
  version: string;
  link?: boolean;
  dev?: boolean;
  devOptional?: boolean;
  optional?: boolean;
}

test('the command of the release page writes an SBOM with every package that the service installs', async () => {
  const [, command = ''] = /`(npm sbom [^`>]*) > /.exec(await read('docs/operations/releasing.md')) ?? [];
  const [npm = '', ...args] = command.split(' ');
  const output = execFileSync(npm, args, { cwd: root, encoding: 'utf8', maxBuffer: 64_000_000 });
  const sbom: Sbom = JSON.parse(output);
  expect([sbom.bomFormat, sbom.specVersion]).toEqual(['CycloneDX', '1.5']);
  const listed = new Set(sbom.components.map(({ name, version }) => `${name}@${version}`));
  const lock: { packages: Record<string, LockedPackage> } = JSON.parse(await read('package-lock.json'));
  const installed = Object.entries(lock.packages).flatMap(([path, locked]) => {
    const isForTests = locked.dev || locked.devOptional || locked.optional || locked.link;
    const name = path.split('node_modules/')[1] === undefined ? null : path.split('node_modules/').at(-1);
    return name && !isForTests ? [`${name}@${locked.version}`] : [];
  });
  expect(installed.length).toBeGreaterThan(100);
  expect(installed.filter((name) => !listed.has(name))).toEqual([]);
});
