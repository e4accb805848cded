/** One metric with all of its series, as plain data: workers send it to the primary process. */
export interface MetricFamily {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** How the values of several processes are combined. */
  readonly aggregation: 'sum' | 'max';
  /** Keys follow the metric's name in the text: a histogram's suffix, then the labels. */
  readonly values: Readonly<Record<string, number>>;
}

type SeriesValues = number | Readonly<Record<string, number>>;

const family =
  (type: MetricFamily['type'], aggregation: MetricFamily['aggregation']) =>
  (name: string, help: string, values: SeriesValues): MetricFamily => ({
    name,
    help,
    type,
    aggregation,
    values: typeof values === 'number' ? { '': values } : values,
  });

export const counter = family('counter', 'sum');
/** A gauge that is the sum over all processes. */
export const gauge = family('gauge', 'sum');
/** A gauge that is the maximum over all processes. */
export const maxGauge = family('gauge', 'max');
export const histogram = family('histogram', 'sum');

const escapes: Record<string, string> = { '\\': '\\\\', '"': '\\"', '\n': '\\n' };

/** `{name="value",…}`, escaped as the text format requires. */
export function labels(pairs: Readonly<Record<string, string>>): string {
  const texts = Object.entries(pairs).map(
    ([name, value]) => `${name}="${value.replaceAll(/[\\"\n]/g, (char) => escapes[char] ?? char)}"`,
  );
  return `{${texts.join(',')}}`;
}

/** One series for each value of a label. */
export const byLabel = (label: string, values: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(values).map(([value, number]) => [labels({ [label]: value }), number]));

/** Combines the reports of several processes, by each family's `aggregation`. */
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
