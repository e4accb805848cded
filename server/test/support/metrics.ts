import { expect } from 'vitest';

export const metricsToken = 'a-token-for-scrapes-0123456789';

export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

const label = /([a-z]+)="((?:[^"\\\n]|\\[\\"n])*)"/g;
const suffix = /_(?:bucket|sum|count)$/;

/** Parses Prometheus' text format. Checks that each metric has one HELP and TYPE, followed by its samples. */
export function parseMetrics(text: string): Sample[] {
  expect(text.endsWith('\n')).toBe(true);
  const seen = new Set<string>();
  const types = new Map<string, string>();
  let current = '';
  return text
    .trimEnd()
    .split('\n')
    .flatMap((line) => {
      const [, what, name = '', rest = ''] = /^# (HELP|TYPE) ([a-z0-9_]+) (.+)$/.exec(line) ?? [];
      if (what === 'HELP') {
        expect(types.has(name), `${name} comes twice`).toBe(false);
        current = name;
        types.set(name, '');
      }
      if (what === 'TYPE') {
        expect(name).toBe(current);
        expect(['counter', 'gauge', 'histogram']).toContain(rest);
        types.set(name, rest);
      }
      return what === undefined ? [sampleOf(line, current, types.get(current) === 'histogram', seen)] : [];
    });
}

function sampleOf(line: string, current: string, isHistogram: boolean, seen: Set<string>): Sample {
  const [, name = '', pairs = '', value = ''] = /^([a-z0-9_]+)(?:\{(.+)\})? (\S+)$/.exec(line) ?? [];
  expect(isHistogram ? name.replace(suffix, '') : name, line).toBe(current);
  const found = [...pairs.matchAll(label)];
  expect(found.map(([pair]) => pair).join(','), line).toBe(pairs);
  const key = `${name}{${pairs}}`;
  expect(seen.has(key), `${key} comes twice`).toBe(false);
  seen.add(key);
  expect(Number.isFinite(Number(value)), line).toBe(true);
  return {
    name,
    labels: Object.fromEntries(found.map(([, label = '', text = '']) => [label, text])),
    value: Number(value),
  };
}

/** Reads `/metrics` of a server with `metricsToken`. */
export async function scrape(url: string): Promise<Sample[]> {
  // The server may close a keep-alive connection while the test blocks the process.
  const headers = { authorization: `Bearer ${metricsToken}`, connection: 'close' };
  const response = await fetch(`${url}/metrics`, { headers });
  expect(response.status).toBe(200);
  return parseMetrics(await response.text());
}

/** The value of the one sample with this name and these labels; 0 if there is none. */
export function sampleValue(
  samples: readonly Sample[],
  name: string,
  labels: Record<string, string> = {},
): number {
  const fits = samples.filter(
    (sample) =>
      sample.name === name &&
      Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
  );
  expect(fits.length, `${name} ${JSON.stringify(labels)}`).toBeLessThanOrEqual(1);
  return fits[0]?.value ?? 0;
}

const times = 'duly_http_request_duration_seconds';

/** Number of requests by `GET /pattern 200`. */
export const requestCounts = (samples: readonly Sample[]): Record<string, number> =>
  Object.fromEntries(
    samples
      .filter(({ name }) => name === `${times}_count`)
      .map(({ labels: { method, route, status }, value }) => [`${method} ${route} ${status}`, value]),
  );
