import type { Report } from '../report.ts';
import { drawLines, type Series } from './lines.ts';
import { formatNumber, logScale } from './svg.ts';

const operations = [
  { name: 'changes', shape: 'diamond', classes: 'c' },
  { name: 'list', shape: 'circle', classes: 'a' },
  { name: 'create', shape: 'square', classes: 'b' },
  { name: 'get', shape: 'triangle', classes: 'd' },
] as const;

const counts: Record<number, string> = { 10000: '10 k', 100000: '100 k', 1000000: '1 M', 10000000: '10 M' };

/** What a request takes of the database, by the number of tasks in it. */
export function drawCost({ cost }: Report): string {
  const sizes = [...new Set(cost.map(({ tasks }) => tasks))].sort((a, b) => a - b);
  const [least = 1, most = 10] = [sizes[0], sizes.at(-1)];
  const series = operations.flatMap(({ name, shape, classes }): Series[] => {
    const points = sizes.flatMap((tasks) => {
      const one = cost.find(({ operation, tasks: count }) => operation === name && count === tasks);
      return one?.databaseMicros ? [{ x: tasks, y: one.databaseMicros / 1_000 }] : [];
    });
    return points.length === 0 ? [] : [{ label: name, shape, classes, points }];
  });
  return drawLines({
    title: 'Cost of a request by number of tasks',
    description: series
      .map(
        ({ label, points }) =>
          `${label}: ${points.map(({ x, y }) => `${formatNumber(y)} ms at ${formatNumber(x)}`).join(', ')}`,
      )
      .join('; '),
    xLabel: 'tasks in the database, logarithmic',
    yLabel: "database's CPU time, ms, logarithmic",
    xTicks: sizes.map((at) => ({ at, label: counts[at] ?? formatNumber(at) })),
    makeXScale: (range) => logScale([least * 0.8, most * 1.25], range),
    series,
  });
}
