import { execFile } from 'node:child_process';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEnv, promisify } from 'node:util';
import type { StatefulSet } from 'kubernetes-types/apps/v1.js';
import type { HorizontalPodAutoscaler } from 'kubernetes-types/autoscaling/v2.js';
import type { Service } from 'kubernetes-types/core/v1.js';
import type { NetworkPolicy } from 'kubernetes-types/networking/v1.js';
import type { PodDisruptionBudget } from 'kubernetes-types/policy/v1.js';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { isCommandName } from '../../src/commands/table.ts';
import { readConfig } from '../../src/config/config.ts';
import { routes } from '../../src/http/routes.ts';
import { afterTest } from '../support/clean-up.ts';
import { temporaryDirectory } from '../support/process.ts';
import { read, root } from '../support/sources.ts';

const folder = 'deploy/kubernetes';

interface Kinds {
  StatefulSet: StatefulSet;
  Service: Service;
  HorizontalPodAutoscaler: HorizontalPodAutoscaler;
  PodDisruptionBudget: PodDisruptionBudget;
  NetworkPolicy: NetworkPolicy;
}
/** Each kind with the module that has its type. */
const modules: Record<keyof Kinds, string> = {
  StatefulSet: 'apps/v1',
  Service: 'core/v1',
  HorizontalPodAutoscaler: 'autoscaling/v2',
  PodDisruptionBudget: 'policy/v1',
  NetworkPolicy: 'networking/v1',
};

const kustomization: {
  resources: string[];
  images: { name: string }[];
  configMapGenerator: { name: string; envs: string[] }[];
} = parse(await read(`${folder}/kustomization.yaml`));
const objects = (
  await Promise.all(
    kustomization.resources.map(async (file) =>
      parseAllDocuments(await read(`${folder}/${file}`), { uniqueKeys: true, strict: true }).map((document) =>
        document.toJS(),
      ),
    ),
  )
).flat();
const settings = parseEnv(await read(`${folder}/settings.env`));
const page = await read('docs/operations/kubernetes.md');

const allOf = <K extends keyof Kinds>(kind: K): Kinds[K][] => objects.filter((one) => one.kind === kind);
function only<T>(found: readonly T[] | undefined): T {
  const [first, ...others] = found ?? [];
  if (first === undefined || others.length > 0) throw new Error(`there are ${found?.length ?? 0}, wants one`);
  return first;
}

const server = only(allOf('StatefulSet'));
const pod = server.spec?.template.spec;
const container = only(pod?.containers);
const migration = only(pod?.initContainers);
const port = only(container.ports);

test('every object has the fields and types of the API of Kubernetes, and no others', async () => {
  const { path, remove } = await temporaryDirectory();
  afterTest.push(remove);
  const isKnown = (kind: string): kind is keyof Kinds => Object.hasOwn(modules, kind);
  const lines = objects.map((object, index) => {
    const kind: string = object.kind;
    if (!isKnown(kind)) throw new Error(`no type for the kind ${kind}`);
    const module = join(root, 'node_modules/kubernetes-types', `${modules[kind]}.d.ts`);
    return `import type { ${kind} as T${index} } from '${module}';\nexport const o${index}: T${index} = ${JSON.stringify(object)};`;
  });
  await writeFile(join(path, 'objects.ts'), lines.join('\n'));
  const options = ['--noEmit', '--strict', '--skipLibCheck', '--ignoreConfig', '--types', ''];
  const { stdout } = await promisify(execFile)(
    join(root, 'node_modules/.bin/tsc'),
    [...options, 'objects.ts'],
    {
      cwd: path,
    },
  ).catch(({ stdout }) => ({ stdout }));
  expect(stdout).toBe('');
  expect(objects.map(({ kind }) => kind).toSorted()).toEqual(['Service', ...Object.keys(modules)].toSorted());
});

test('the kustomization has every file of the folder', async () => {
  const files = await readdir(join(root, folder));
  const used = ['kustomization.yaml', ...kustomization.resources, 'settings.env'];
  expect(files.toSorted()).toEqual(used.toSorted());
  expect(kustomization.images.map(({ name }) => name)).toEqual([container.image]);
});

describe('the server', () => {
  test('is asked for its health at routes that exist, without a token', () => {
    const { startupProbe, livenessProbe, readinessProbe } = container;
    const paths = [startupProbe, livenessProbe, readinessProbe].map((probe) => probe?.httpGet?.path);
    expect(paths).toEqual(['/health/live', '/health/live', '/health/ready']);
    for (const path of paths)
      expect(routes).toContainEqual(expect.objectContaining({ url: path, access: 'public' }));
    for (const probe of [startupProbe, livenessProbe, readinessProbe])
      expect(probe?.httpGet?.port).toBe(port.name);
  });

  test('has the time to drain: the pause and the time-out of its stop are shorter than the grace period', () => {
    const [command, pause] = container.lifecycle?.preStop?.exec?.command ?? [];
    expect(command).toBe('sleep');
    const needed = Number(pause) + Number(settings.SHUTDOWN_TIMEOUT_SECONDS);
    expect(pod?.terminationGracePeriodSeconds).toBeGreaterThan(needed);
  });

  test('is preceded by the migrations, with the same image, settings and rights', () => {
    const commands = [migration, container].map(({ args = [] }) => args[0] ?? '');
    expect(commands).toEqual(['migrate', 'serve']);
    expect(commands.filter((name) => !isCommandName(name))).toEqual([]);
    const { image, envFrom, securityContext, resources, volumeMounts } = container;
    expect(migration).toMatchObject({ image, envFrom, securityContext, resources, volumeMounts });
  });

  test('runs as the user of the image, on a read-only root, without capabilities or a token of the API', async () => {
    const containerfile = await read('deploy/container/Containerfile');
    const [, user, group] = /^USER (\d+):(\d+)$/m.exec(containerfile) ?? [];
    expect(pod).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: {
        ...{ runAsNonRoot: true, runAsUser: Number(user), runAsGroup: Number(group), fsGroup: Number(group) },
        seccompProfile: { type: 'RuntimeDefault' },
      },
    });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(containerfile).toContain(`EXPOSE ${port.containerPort}\n`);
  });

  test('writes to volumes where the image does, and each of them exists', async () => {
    const containerfile = await read('deploy/container/Containerfile');
    const [, dataDir = ''] = /^VOLUME (\S+)$/m.exec(containerfile) ?? [];
    expect(container.volumeMounts?.map(({ mountPath }) => mountPath)).toEqual([dataDir, '/tmp']);
    const volumes = [
      ...(pod?.volumes ?? []).map(({ name }) => name),
      ...(server.spec?.volumeClaimTemplates ?? []).map(({ metadata }) => metadata?.name),
    ];
    expect(container.volumeMounts?.map(({ name }) => name).toSorted()).toEqual(volumes.toSorted());
  });

  test('has no secret in its settings, and starts with them and the Secret of the page', () => {
    const [generated] = kustomization.configMapGenerator;
    expect(container.envFrom).toEqual([
      { configMapRef: { name: generated?.name } },
      { secretRef: { name: 'duly' } },
    ]);
    expect(Object.keys(settings).filter((name) => /SECRET|TOKEN|KEY|PASSWORD|_URL$/.test(name))).toEqual([
      'BETTER_AUTH_URL',
    ]);
    const inSecret = [...page.matchAll(/--from-literal=([A-Z_]+)=/g)].map(([, name = '']) => name);
    expect(inSecret).toEqual(['BETTER_AUTH_SECRET', 'DATABASE_URL', 'METRICS_TOKEN', 'REDIS_URL']);
    const config = readConfig({
      ...{ ...settings, NODE_ENV: 'production', HOST: '0.0.0.0', DATA_DIR: '/var/lib/duly' },
      BETTER_AUTH_SECRET: 'Vb7#kQ2-xT9mLw4.Zr8pNs3_Hd6yGf1u',
      DATABASE_URL: 'postgresql://duly:x@db.example.com/duly',
    });
    expect(config.shutdownSeconds).toBe(30);
  });

  test('and its autoscaler ask for no more connections than PostgreSQL has by default', () => {
    const { maxReplicas, minReplicas = 1 } = only(allOf('HorizontalPodAutoscaler')).spec ?? {};
    const pool = Number(settings.DATABASE_POOL_SIZE) + Number(settings.DATABASE_POOL_OVERFLOW);
    // One more listens for changes.
    expect((maxReplicas ?? 0) * (pool + 1)).toBeLessThanOrEqual(100 - 3);
    expect(minReplicas).toBeGreaterThan(1);
  });

  test('requests what the page on capacity says, and may use the heap that the image allows', async () => {
    const capacity = await read('docs/operations/capacity.md');
    const [, atMost] = /at most (\d+) with a full cache/.exec(capacity) ?? [];
    const { requests, limits } = container.resources ?? {};
    expect(Number.parseInt(requests?.memory ?? '', 10)).toBeGreaterThanOrEqual(Number(atMost));
    expect(limits).toEqual({ memory: '1Gi' });
  });
});

test('services, autoscaler, budget and policy are about the pods of the server', () => {
  const labels = server.spec?.template.metadata?.labels;
  expect(server.spec?.selector.matchLabels).toEqual(labels);
  const [service, headless] = allOf('Service');
  expect([service?.spec?.selector, headless?.spec?.selector]).toEqual([labels, labels]);
  expect(service?.spec?.ports?.map(({ targetPort }) => targetPort)).toEqual([port.name]);
  expect(headless?.metadata?.name).toBe(server.spec?.serviceName);
  expect(only(allOf('HorizontalPodAutoscaler')).spec?.scaleTargetRef).toEqual({
    ...{ apiVersion: server.apiVersion, kind: server.kind, name: server.metadata?.name },
  });
  const budget = only(allOf('PodDisruptionBudget')).spec;
  expect([budget?.selector?.matchLabels, budget?.maxUnavailable]).toEqual([labels, 1]);
});

test('the policy lets in what asks for the port, and lets nothing out to private addresses but the databases', () => {
  const { podSelector, policyTypes, ingress, egress } = only(allOf('NetworkPolicy')).spec ?? {};
  expect(podSelector?.matchLabels).toEqual(server.spec?.selector.matchLabels);
  expect(policyTypes).toEqual(['Ingress', 'Egress']);
  expect(ingress?.flatMap(({ ports = [] }) => ports.map((one) => one.port))).toEqual([port.name]);
  const [dns, databases, internet] = egress ?? [];
  expect(dns?.ports?.map((one) => one.port)).toEqual([53, 53]);
  expect(databases?.ports?.map((one) => one.port)).toEqual([5432, 6379]);
  expect(only(internet?.to).ipBlock?.except).toEqual(
    expect.arrayContaining([
      '10.0.0.0/8',
      '172.16.0.0/12',
      '192.168.0.0/16',
      '169.254.0.0/16',
      '127.0.0.0/8',
    ]),
  );
});

test('the page names every file', () => {
  const rows = [...page.matchAll(/^\| `([\w.-]+\.yaml)` \|/gm)].map(([, name]) => name);
  expect(rows).toEqual(kustomization.resources);
});
