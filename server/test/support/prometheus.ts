import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterTest } from './clean-up.ts';
import { freePort, responseStatus, temporaryDirectory, waitUntil } from './process.ts';
import { root } from './sources.ts';

const binary = '/usr/bin/prometheus';

export function hasPrometheus(what: string): boolean {
  const isThere = existsSync(binary);
  if (!isThere) console.warn(`skipped: ${what}, for want of ${binary}`);
  return isThere;
}

interface Series {
  labels: Record<string, string>;
  value: number;
}

interface Prometheus {
  /** The series of an expression, now. @throws Error if Prometheus refuses the expression */
  query(expression: string): Promise<Series[]>;
  /** Rules whose last evaluation failed, with the error. */
  brokenRules(): Promise<string[]>;
}

/** Prometheus with the rules of `deploy/prometheus`, which asks a server each second until the end of the test. */
export async function startPrometheus(target: string, token: string): Promise<Prometheus> {
  const { path, remove } = await temporaryDirectory();
  afterTest.push(remove);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const config = {
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: [join(root, 'deploy/prometheus/alerts.yml')],
    scrape_configs: [
      {
        job_name: 'duly',
        authorization: { credentials: token },
        static_configs: [{ targets: [new URL(target).host] }],
      },
    ],
  };
  // JSON is YAML.
  await writeFile(join(path, 'prometheus.yml'), JSON.stringify(config));
  const args = [
    '--config.file=prometheus.yml',
    '--storage.tsdb.path=data',
    `--web.listen-address=127.0.0.1:${port}`,
  ];
  const child = spawn(binary, args, { cwd: path, stdio: 'ignore' });
  const exit = once(child, 'exit');
  afterTest.push(async () => {
    child.kill('SIGKILL');
    await exit;
  });
  await waitUntil(async () => (await responseStatus(`${url}/-/ready`)) === 200);
  const ask = async (path: string) => {
    const reply = await fetch(url + path);
    const body = JSON.parse(await reply.text());
    if (body.status !== 'success') throw new Error(`${path}: ${body.error}`);
    return body.data;
  };
  return {
    async query(expression) {
      const { result } = await ask(`/api/v1/query?query=${encodeURIComponent(expression)}`);
      return result.map(({ metric, value }: { metric: Record<string, string>; value: [number, string] }) => ({
        labels: metric,
        value: Number(value[1]),
      }));
    },
    async brokenRules() {
      const { groups } = await ask('/api/v1/rules');
      return groups
        .flatMap(({ rules }: { rules: { name: string; health: string; lastError?: string }[] }) => rules)
        .filter(({ health }: { health: string }) => health === 'err')
        .map(({ name, lastError }: { name: string; lastError?: string }) => `${name}: ${lastError}`);
    },
  };
}
