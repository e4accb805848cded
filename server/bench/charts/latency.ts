import type { Report } from '../report.ts';
import { drawLines } from './lines.ts';
import { formatNumber, linearScale } from './svg.ts';

const percentiles = [
  { name: 'p99', shape: 'triangle', classes: 'c' },
  { name: 'p95', shape: 'circle', classes: 'a' },
  { name: 'p50', shape: 'square', classes: 'd' },
] as const;

/** Target of p95 at half of the throughput. */
const askedMs = 10;

/** Of the mixture on 1,000 connections, in an open loop. */
export function drawLatency({ latency }: Report): string {
  const sorted = latency.toSorted((a, b) => a.share - b.share);
  const full = sorted.at(-1)?.perSecond ?? 0;
  return drawLines({
    title: 'Latency by load, 1,000 connections',
    description: sorted
      .map(
        ({ share, p50, p95, p99 }) =>
          `at ${Math.round(share * 100)} %: p50 ${formatNumber(p50)}, p95 ${formatNumber(p95)}, p99 ${formatNumber(p99)} ms`,
      )
      .join('; '),
    xLabel: `load: 100 % is ${formatNumber(Math.round(full / 10) * 10)} requests per second`,
    yLabel: `ms, logarithmic; dashed: ${askedMs} ms, asked of p95 at 50 %`,
    xTicks: [0.2, 0.4, 0.6, 0.8, 1].map((at) => ({ at, label: `${at * 100} %` })),
    makeXScale: (range) => linearScale([0.05, 1.02], range),
    series: percentiles.map(({ name, shape, classes }) => ({
      label: name,
      shape,
      classes,
      points: sorted.map((one) => ({ x: one.share, y: one[name] })),
    })),
    target: askedMs,
  });
}
