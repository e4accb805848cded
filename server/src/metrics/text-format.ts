/** One metric with all of its series, as plain data that one process can send to another. */
export interface MetricFamily {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** What those of several processes make together. */
  readonly aggregation: 'sum' | 'max';
  /** By what stands behind the name: a histogram's suffix, then the labels. */
  readonly values: Readonly<Record<string, number>>;
}

type SeriesValues = number | Readonly<Record<string, number>>;

const family =
  (type: MetricFamily['type'], aggregation: MetricFamily['aggregation']) =>
  (name: string, help: string, values: SeriesValues): MetricFamily => ({
    name,
    help,
    type,
    aggregation: aggregation,
    values: typeof values === 'number' ? { '': values } : values,
  });

export const counter = family('counter', 'sum');
/** Of which each process has its own part. */
export const gauge = family('gauge', 'sum');
/** Of which the worst, or the newest, is what counts. */
export const maxGauge = family('gauge', 'max');
export const histogram = family('histogram', 'sum');

const escapes: Record<string, string> = { '\\': '\\\\', '"': '\\"', '\n': '\\n' };

/** As the text format wants it: `{name="value",…}`. */
export function labels(pairs: Readonly<Record<string, string>>): string {
  const texts = Object.entries(pairs).map(
    ([name, value]) => `${name}="${value.replaceAll(/[\\"\n]/g, (char) => escapes[char] ?? char)}"`,
  );
  return `{${texts.join(',')}}`;
}

/** The values of a label, each as a series of its own. */
export const byLabel = (label: string, values: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(values).map(([value, number]) => [labels({ [label]: value }), number]));

/** What several processes report, as one. */
export function aggregate(reports: readonly (readonly MetricFamily[])[]): MetricFamily[] {
  const sums = new Map<string, { family: MetricFamily; values: Record<string, number> }>();
  for (const family of reports.flat()) {
    const sum = sums.get(family.name);
    if (sum === undefined) {
      sums.set(family.name, { family, values: { ...family.values } });
      continue;
    }
    for (const [key, value] of Object.entries(family.values)) {
      const before = sum.values[key] ?? 0;
      sum.values[key] = family.aggregation === 'sum' ? before + value : Math.max(before, value);
    }
  }
  return [...sums.values()].map(({ family, values }) => ({ ...family, values }));
}

export const metricsContentType = 'text/plain; version=0.0.4; charset=utf-8';

/** Prometheus' text format, version 0.0.4. */
export function formatMetrics(families: readonly MetricFamily[]): string {
  const lines = families.flatMap(({ name, help, type, values }) => [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} ${type}`,
    ...Object.entries(values).map(([key, value]) => `${name}${key} ${value}`),
  ]);
  return `${lines.join('\n')}\n`;
}
