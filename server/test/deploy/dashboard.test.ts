import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { mintToken, withoutLimits } from '../support/app.ts';
import { newBackupSettings, waitForStatus } from '../support/backups.ts';
import { afterTest } from '../support/clean-up.ts';
import { patience } from '../support/patience.ts';
import { hasPrometheus, startPrometheus } from '../support/prometheus.ts';
import { startReceiver } from '../support/receivers.ts';
import { startTestServer } from '../support/servers.ts';
import { read } from '../support/sources.ts';

interface Panel {
  id: number;
  title: string;
  datasource: object;
  gridPos: { x: number; y: number; w: number; h: number };
  targets: { expr: string; legendFormat?: string; datasource: object }[];
}
const dashboard: { panels: Panel[] } = JSON.parse(await read('deploy/grafana/duly.json'));
const queries = dashboard.panels.flatMap(({ title, targets }) =>
  targets.map(({ expr, legendFormat = '' }) => ({
    title,
    expr: expr.replaceAll('$__rate_interval', '10s'),
    labels: [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, name = '']) => name),
  })),
);
const METRICS_TOKEN = 'a-token-for-tests-of-more-than-32-characters';

/** Requests of a user, as they come to every service, until `signal` aborts. */
async function load(url: string, receiver: string, signal: AbortSignal): Promise<void> {
  const user = 'ada';
  const token = await mintToken({ sub: user });
  const send = async (method: string, path: string, body?: object) => {
    const headers = { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) };
    const response = await fetch(`${url}/api/v1/users/${user}${path}`, {
      ...{ method, headers, signal },
      ...(body && { body: JSON.stringify(body) }),
    });
    return JSON.parse(await response.text()).data;
  };
  await send('POST', '/channels', { type: 'webhook', url: receiver });
  while (!signal.aborted) {
    const { id } = await send('POST', '/tasks', { title: 'Call the plumber' });
    await send('POST', `/tasks/${id}/reminders`, { remind_at: new Date(Date.now() + 1_000).toISOString() });
    await send('GET', '/tasks');
    await send('GET', '/tasks');
    await sleep(100, undefined, { signal });
  }
}

test.runIf(hasPrometheus('the dashboard'))(
  'every panel has data after some load, and every rule can be evaluated, by a real Prometheus',
  async () => {
    const backups = await newBackupSettings();
    const server = await startTestServer({
      ...{ ...withoutLimits, ...backups, METRICS_TOKEN },
      ALLOW_LOOPBACK_RECEIVERS: '1',
    });
    const receiver = await startReceiver();
    afterTest.push(() => receiver.close());
    const prometheus = await startPrometheus(server.url, METRICS_TOKEN);
    const stop = new AbortController();
    const loaded = load(server.url, receiver.url, stop.signal).catch((error: unknown) => {
      if (!stop.signal.aborted) throw error;
    });
    afterTest.push(async () => {
      stop.abort();
      await loaded;
    });
    await waitForStatus(backups.DATA_DIR, ({ backupAt }) => backupAt !== null);
    await vi.waitFor(async () => {
      const found = await Promise.all(queries.map(({ expr }) => prometheus.query(expr)));
      // The legend names labels: a series without them could not be told from others.
      const empty = queries.filter(
        ({ labels: wanted }, index) =>
          !found[index]?.some(
            ({ value, labels }) =>
              Number.isFinite(value) && wanted.every((name) => labels[name] !== undefined),
          ),
      );
      expect(empty.map(({ title, expr }) => `${title}: ${expr}`)).toEqual([]);
    }, patience);
    expect(await prometheus.brokenRules()).toEqual([]);
  },
);

test('panels have ids of their own, do not overlap, and ask the source that is provisioned', async () => {
  const { panels } = dashboard;
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, index) => `${x + (index % w)},${y + Math.floor(index / w)}`),
  );
  expect(new Set(cells).size).toBe(cells.length);
  expect(panels.filter(({ gridPos: { x, w } }) => x + w > 24)).toEqual([]);
  const { datasources } = parse(await read('deploy/grafana/provisioning/datasources/prometheus.yml'));
  const [{ type, uid }] = datasources;
  const asked = panels.flatMap(({ datasource, targets }) => [
    datasource,
    ...targets.map((one) => one.datasource),
  ]);
  for (const datasource of asked) expect(datasource).toEqual({ type, uid });
});
