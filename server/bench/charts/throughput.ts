import type { Report } from '../report.ts';
import { formatNumber, frame, line, logAxis, logScale, marker, type Shape, text } from './svg.ts';

/** `lane` is the distance from the middle of the row: equal rates lie beside each other. */
const systems: { name: string; label: string; shape: Shape; classes: string; lane: number }[] = [
  { name: 'Duly', label: 'Duly', shape: 'circle', classes: 'a', lane: -9 },
  { name: 'Duly, uncached', label: 'Duly without its cache', shape: 'circle', classes: 'a hollow', lane: -9 },
  { name: 'PocketBase', label: 'PocketBase', shape: 'square', classes: 'b', lane: 2 },
  {
    name: 'PocketBase, synchronous=FULL',
    label: 'PocketBase, synced',
    shape: 'square',
    classes: 'b hollow',
    lane: 12,
  },
  { name: 'FastAPI', label: 'FastAPI, SQLModel', shape: 'triangle', classes: 'c', lane: 2 },
];
const rows: Record<string, string> = {
  list: 'list',
  get: 'get',
  search: 'search',
  'create, 2 tags': 'create',
  patch: 'patch',
  complete: 'complete',
  delete: 'delete',
};

const [width, rowHeight, top] = [440, 42, 122];
const plot: [left: number, right: number] = [84, 364];

/** A row for each operation, a point for each backend. */
export function drawThroughput({ throughput }: Report): string {
  const shown = throughput.filter(
    ({ operation, system }) => operation in rows && systems.some(({ name }) => name === system),
  );
  const { domain, ticks } = logAxis(shown.map(({ perSecond }) => perSecond));
  const scale = logScale(domain, plot);
  const bottom = top + Object.keys(rows).length * rowHeight;
  const grid = ticks.flatMap((tick) => [
    line(scale(tick), top - 4, scale(tick), bottom, 'grid'),
    // Short: the labels of 5,000 and 10,000 would touch.
    text(scale(tick), bottom + 18, tick < 1_000 ? String(tick) : `${tick / 1_000}k`, {
      anchor: 'middle',
      classes: 'muted',
    }),
  ]);
  const points = Object.entries(rows).flatMap(([operation, label], index) => {
    const y = top + (index + 0.5) * rowHeight;
    return drawRow(
      shown.filter((one) => one.operation === operation),
      label,
      y,
      scale,
    );
  });
  const present = systems.filter(({ name }) => shown.some(({ system }) => system === name));
  const legend = present.flatMap(({ label, shape, classes }, index) => {
    const [x, y] = [24 + (index % 2) * 208, 50 + Math.floor(index / 2) * 21];
    return [marker(shape, x, y - 4, classes), text(x + 14, y, label)];
  });
  const head = text(width - 14, top - 8, 'Duly, /s', { anchor: 'end', classes: 'muted' });
  const axis = text(
    (plot[0] + plot[1]) / 2,
    bottom + 40,
    'requests per second, logarithmic; right is better',
    {
      anchor: 'middle',
      classes: 'muted',
    },
  );
  return frame(
    {
      width,
      height: bottom + 54,
      title: 'Throughput of each operation',
      description: describe(shown),
    },
    [...legend, head, ...grid, ...points, axis],
  );
}

function drawRow(
  of: Report['throughput'],
  label: string,
  y: number,
  scale: (value: number) => number,
): string[] {
  const rates = of.map(({ perSecond }) => perSecond);
  if (rates.length === 0) return [];
  const drawn = systems.toReversed().flatMap(({ name, shape, classes, lane }) => {
    const one = of.find(({ system }) => system === name);
    return one === undefined ? [] : [marker(shape, scale(one.perSecond), y + lane, classes)];
  });
  const duly = of.find(({ system }) => system === 'Duly')?.perSecond;
  return [
    text(plot[0] - 12, y + 4.5, label, { anchor: 'end' }),
    line(plot[0], y, plot[1], y, 'grid'),
    ...drawn,
    ...(duly === undefined
      ? []
      : [text(width - 14, y + 4.5, formatNumber(duly), { anchor: 'end', classes: 'strong a' })]),
  ];
}

const describe = (shown: Report['throughput']) =>
  Object.entries(rows)
    .map(([operation, label]) => {
      const rates = shown.filter((one) => one.operation === operation);
      return `${label}: ${rates.map(({ system, perSecond }) => `${system} ${formatNumber(perSecond)}`).join(', ')}`;
    })
    .join('; ');
