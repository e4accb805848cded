import { histogram, labels, type MetricFamily } from './text-format.ts';

/** A histogram of request durations. It runs on every request, so label texts are built once for each series. */
export interface RequestDurations {
  /**
   * @param route the pattern of the matched route; undefined: none matched. Each combination of method, route and
   * status is a series in memory for good, so there must be few of them.
   */
  observe(method: string, route: string | undefined, status: number, seconds: number): void;
  family(): MetricFamily;
}

/** In seconds, from a cached response to a long poll. */
const bounds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30];
/** Cannot be a pattern, which begins with `/`. */
const unmatchedRoute = 'unknown';

interface Series {
  /** Suffix and labels of each bucket, of the sum and of the count. */
  keys: { buckets: string[]; sum: string; count: string };
  /** Not cumulative: requests of each bucket alone. The last is above all bounds. */
  counts: number[];
  sum: number;
}

type ByStatus = Map<number, Series>;

export function createRequestDurations(): RequestDurations {
  const routes = new Map<string, Map<string, ByStatus>>();

  function seriesOf(method: string, route: string, status: number): Series {
    const methods = routes.get(route) ?? new Map<string, ByStatus>();
    const statuses = methods.get(method) ?? new Map<number, Series>();
    const counts = new Array<number>(bounds.length + 1).fill(0);
    const series = { keys: keysOf({ method, route, status: String(status) }), counts, sum: 0 };
    routes.set(route, methods.set(method, statuses.set(status, series)));
    return series;
  }

  return {
    observe(method, route = unmatchedRoute, status, seconds) {
      const series = routes.get(route)?.get(method)?.get(status) ?? seriesOf(method, route, status);
      let index = 0;
      while (index < bounds.length && seconds > (bounds[index] ?? 0)) index += 1;
      series.counts[index] = (series.counts[index] ?? 0) + 1;
      series.sum += seconds;
    },
    family() {
      const values: Record<string, number> = {};
      for (const methods of routes.values())
        for (const statuses of methods.values())
          for (const series of statuses.values()) writeSeries(series, values);
      return histogram(
        'duly_http_request_duration_seconds',
        'From the arrival of a request to the end of its answer, by the pattern of its route; streams and long polls last as long as they are open.',
        values,
      );
    },
  };
}

const keysOf = (names: Readonly<Record<string, string>>): Series['keys'] => ({
  buckets: [...bounds, '+Inf'].map((le) => `_bucket${labels({ ...names, le: String(le) })}`),
  sum: `_sum${labels(names)}`,
  count: `_count${labels(names)}`,
});

/** Makes the buckets cumulative, as the text format requires. */
function writeSeries({ keys, counts, sum }: Series, values: Record<string, number>): void {
  let count = 0;
  for (const [index, key] of keys.buckets.entries()) {
    count += counts[index] ?? 0;
    values[key] = count;
  }
  values[keys.sum] = sum;
  values[keys.count] = count;
}
