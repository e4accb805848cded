import { execFile } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { deliveryMetrics } from '../../src/metrics/deliveries.ts';
import { createWorkerStats } from '../../src/worker/stats.ts';
import { startApp } from '../support/app.ts';
import { selfSigned } from '../support/certificate.ts';
import { afterTest } from '../support/clean-up.ts';
import { temporaryDirectory } from '../support/process.ts';
import { codeSpansOf, read, root } from '../support/sources.ts';

const execute = promisify(execFile);

interface Rules {
  groups: { rules: { alert?: string; record?: string; expr: string; labels?: Record<string, string> }[] }[];
}
interface RuleTests {
  tests: { alert_rule_test: { alertname: string; exp_alerts: unknown[] }[] }[];
}

const promtool = '/usr/bin/promtool';
const hasPromtool = existsSync(promtool);
if (!hasPromtool) console.warn(`skipped: alerts, for want of ${promtool}`);

const folder = join(root, 'deploy/prometheus');
const testFiles = ['alerts.test.yml', 'alerts-long.test.yml'];
const { groups }: Rules = parse(await read('deploy/prometheus/alerts.yml'));
const rules = groups.flatMap((group) => group.rules);
const alerts = rules.flatMap(({ alert }) => alert ?? []);
const dashboard: { panels: { title: string; targets: { expr: string }[] }[] } = JSON.parse(
  await read('deploy/grafana/duly.json'),
);

/** The metrics of a server that has a certificate and backups, and of a worker. */
let served: Set<string>;
beforeAll(async () => {
  const { path, remove } = await temporaryDirectory();
  const { cert, key } = selfSigned();
  const [TLS_CERT, TLS_KEY] = [join(path, 'a.crt'), join(path, 'a.key')];
  writeFileSync(TLS_CERT, cert);
  writeFileSync(TLS_KEY, key);
  const app = await startApp({ TLS_CERT, TLS_KEY, BACKUP_DIRECTORY: path });
  const families = [
    ...(await app.ctx.metrics.gather()),
    ...deliveryMetrics({ heldCounts: () => ({}), stats: createWorkerStats() }),
  ];
  served = new Set(families.map(({ name }) => name));
  const expiry = families.find(({ name }) => name === 'duly_tls_certificate_expiry_timestamp_seconds');
  const secondsLeft = Number(Object.values(expiry?.values ?? {})[0]) - Date.now() / 1_000;
  expect(secondsLeft / 3_600).toBeCloseTo(24, 0);
  await app.close();
  await remove();
});

const isServed = (name: string) => served.has(name);

/** The names of metrics in an expression, without the suffixes of histograms. */
const metricsIn = (expression: string): string[] =>
  [...expression.matchAll(/\b(?:duly|process|nodejs)_[a-z_]+/g)].map(([name]) =>
    name.replace(/_seconds_(?:bucket|count|sum)$/, '_seconds'),
  );

test('every metric in the rules is served or recorded', () => {
  const recorded = rules.flatMap(({ record }) => record ?? []);
  const used = rules.flatMap(({ expr }) => expr.match(/\bduly:[a-z\d_:]+/g) ?? []);
  expect(used.filter((name) => !recorded.includes(name))).toEqual([]);
  expect(rules.flatMap(({ expr }) => metricsIn(expr)).filter((name) => !isServed(name))).toEqual([]);
});

test('every panel of the dashboard asks for metrics that are served', () => {
  const { panels } = dashboard;
  expect(panels.length).toBeGreaterThan(15);
  for (const { title, targets } of panels)
    for (const { expr } of targets) {
      expect(metricsIn(expr).length, title).toBeGreaterThan(0);
      expect(
        metricsIn(expr).filter((name) => !isServed(name)),
        title,
      ).toEqual([]);
    }
});

test('the page on metrics has every metric that is served', async () => {
  const documented = new Set(codeSpansOf(await read('docs/operations/metrics.md')));
  expect(served.size).toBeGreaterThan(40);
  expect([...served].filter((name) => !documented.has(name))).toEqual([]);
});

test('each alert has a severity, a test that fires it once, and a line on the on-call page', async () => {
  const tests = await Promise.all(
    testFiles.map(async (file): Promise<RuleTests> => parse(await read(`deploy/prometheus/${file}`))),
  );
  const fired = tests
    .flatMap((file) => file.tests.flatMap((one) => one.alert_rule_test))
    .filter((one) => one.exp_alerts.length === 1)
    .map(({ alertname }) => alertname);
  expect(fired.toSorted()).toEqual(alerts.toSorted());
  const severities = rules.flatMap(({ alert, labels }) => (alert ? [labels?.severity] : []));
  expect(severities.filter((one) => one !== 'page' && one !== 'ticket')).toEqual([]);
  const page = codeSpansOf(await read('docs/operations/on-call.md'));
  expect(alerts.filter((name) => !page.includes(name))).toEqual([]);
});

test.runIf(hasPromtool)(
  'each alert is quiet first, and fires once',
  async () => {
    await execute(promtool, ['check', 'config', '--syntax-only', 'prometheus.yml'], { cwd: folder });
    const { stdout } = await execute(promtool, ['test', 'rules', ...testFiles], { cwd: folder });
    expect(stdout.match(/SUCCESS/g)).toHaveLength(testFiles.length);
  },
  120_000,
);

test.runIf(hasPromtool)('the queries of the panels are valid', async () => {
  const { path, remove } = await temporaryDirectory();
  afterTest.push(remove);
  const queries = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
  const panels = queries.map((expr, index) => ({
    record: `panel:${index}`,
    expr: expr.replaceAll('$__rate_interval', '1m'),
  }));
  const file = join(path, 'panels.yml');
  writeFileSync(file, JSON.stringify({ groups: [{ name: 'panels', rules: panels }] }));
  const { stdout } = await execute(promtool, ['check', 'rules', file]);
  expect(stdout).toContain(`SUCCESS: ${queries.length} rules found`);
});
