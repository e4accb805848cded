import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { isCommandName } from '../../src/commands/table.ts';
import { codeSpansOf, read, root } from '../support/sources.ts';

interface Service {
  image: string;
  command?: string[];
  environment?: Record<string, string>;
  volumes?: string[];
  secrets?: string[];
  depends_on?: string[] | Record<string, unknown>;
  read_only?: boolean;
}
interface Compose {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
  secrets: Record<string, unknown>;
}

const containerfile = await read('deploy/container/Containerfile');
const compose: Compose = parse(await read('deploy/compose.yaml'), { merge: true });
const services = Object.entries(compose.services);
const settings = new Set(
  ((await read('docs/operations/configuration.md')).match(/^\| .*?\|/gm) ?? []).flatMap(codeSpansOf),
);
/** Of the runtime and the C library. */
const foreign = ['MALLOC_ARENA_MAX', 'NODE_COMPILE_CACHE', 'NODE_OPTIONS'];

test('the settings of the image and of its services are those of the reference', () => {
  const [, block = ''] = /^ENV ((?:.*\\\n)*.*)$/m.exec(containerfile) ?? [];
  const names = [...block.matchAll(/\b([A-Z_]+)=/g)].map(([, name]) => name);
  const ours = services.filter(([, { image }]) => image === 'duly');
  const named = [...names, ...ours.flatMap(([, { environment = {} }]) => Object.keys(environment))];
  expect(named.filter((name = '') => !settings.has(name) && !foreign.includes(name))).toEqual([]);
  expect(named.length).toBeGreaterThan(15);
});

test('the image starts as its user, checks its health, and takes the commands of the service', () => {
  expect(containerfile).toMatch(/^USER \d+:\d+$/m);
  expect(containerfile).toMatch(/^FROM \$\{BASE\}$/m);
  expect(containerfile).toMatch(/^HEALTHCHECK [^[]*CMD \[.*, "healthcheck"\]$/m);
  const commands = services.flatMap(([, { image, command = ['serve'] }]) =>
    image === 'duly' ? command.slice(0, 1) : [],
  );
  expect(commands.filter((name) => !isCommandName(name))).toEqual([]);
  expect(commands).toHaveLength(2);
});

test('what the image copies exists, and is not ignored', async () => {
  const allowed = (await read('.containerignore'))
    .split('\n')
    .flatMap((line) => (line.startsWith('!') ? [line.slice(1)] : []));
  const copied = [...containerfile.matchAll(/^COPY (?!--)(.+) \S+$/gm)].flatMap(([, paths = '']) =>
    paths.split(' '),
  );
  expect(copied.filter((path) => !allowed.includes(path))).toEqual([]);
  await Promise.all(allowed.map((path) => readdir(join(root, path, '..'))));
});

test('services depend on, mount and read what the file defines', () => {
  const names = Object.keys(compose.services);
  for (const [, { depends_on: needed = [], volumes = [], secrets = [] }] of services) {
    expect(names).toEqual(expect.arrayContaining(Array.isArray(needed) ? needed : Object.keys(needed)));
    const named = volumes.map((volume) => volume.split(':')[0] ?? '').filter((one) => !one.startsWith('.'));
    expect(Object.keys(compose.volumes)).toEqual(expect.arrayContaining(named));
    expect(Object.keys(compose.secrets)).toEqual(expect.arrayContaining(secrets));
  }
  expect(names).toEqual(['migrate', 'duly', 'postgres', 'redis', 'caddy', 'prometheus', 'grafana']);
});

test('files that services mount exist', async () => {
  const paths = services.flatMap(([, { volumes = [] }]) =>
    volumes.filter((one) => one.startsWith('./')).map((one) => one.split(':')[0] ?? ''),
  );
  expect(paths.length).toBeGreaterThan(2);
  for (const path of paths) {
    const entries = await readdir(join(root, 'deploy', path, '..'));
    expect(entries).toContain(path.split('/').at(-1));
  }
});

test('Duly runs on a read-only root, without capabilities, and nothing but Caddy is public', () => {
  expect(compose.services.duly).toMatchObject({ read_only: true, cap_drop: ['ALL'] });
  const ports = services.flatMap(([name, service]) => ('ports' in service ? [name] : []));
  expect(ports).toEqual(['caddy', 'grafana']);
  expect(compose.services.grafana).toMatchObject({ ports: [expect.stringMatching(/^127\.0\.0\.1:/)] });
});
